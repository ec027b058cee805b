import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { ImagesRepository } from '../images/index.js';

const BATCH = 100;

/** Gives images back whose upload's process died: from `saving` to `queued`, so that their owner can upload again. */
@Injectable()
export class AbandonedUploads {
  constructor(private readonly db: Database, private readonly images: ImagesRepository, @Inject(CLOCK) private readonly clock: Clock) {}

  /** One pass; answers how many it gave back. */
  giveBack(): Promise<number> {
    return this.db.transaction(async (tx) => {
      const abandoned = await this.images.abandonedUploads(tx, new Date(this.clock.now()), BATCH);
      for (const image of abandoned) await this.images.become(tx, image, 'queued');
      return abandoned.length;
    });
  }
}
