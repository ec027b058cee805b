import { Injectable } from '@nestjs/common';
import { Database } from '@virga/persistence';
import { BlobsRepository, type BlobFigures, type HurtObject } from './blobs.repository.js';

/** What operators should know of the bytes. */
export interface Report extends BlobFigures {
  /** Objects whose bytes are damaged or missing; a hundred at most. */
  hurtObjects: HurtObject[];
}

const MOST_OBJECTS = 100;

@Injectable()
export class BlobReport {
  constructor(private readonly db: Database, private readonly blobs: BlobsRepository) {}

  async read(): Promise<Report> {
    return { ...await this.blobs.figures(this.db), hurtObjects: await this.blobs.hurtObjects(this.db, MOST_OBJECTS) };
  }
}
