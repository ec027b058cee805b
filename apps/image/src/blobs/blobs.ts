import { Inject, Injectable } from '@nestjs/common';
import { Database, type Tx } from '@virga/persistence';
import type { ImageStore } from '@virga/ports';
import { LOGGER, type Logger } from '@virga/observability';
import { BlobsRepository } from './blobs.repository.js';
import { IMAGE_STORE } from './image-store.token.js';

/** Lets go of bytes: written down with the change that no longer needs them, removed right after, or by the collector. */
@Injectable()
export class Blobs {
  constructor(
    private readonly db: Database,
    private readonly blobs: BlobsRepository,
    @Inject(IMAGE_STORE) private readonly store: ImageStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async discard(tx: Tx, location: string): Promise<void> {
    await this.blobs.discard(tx, location);
    tx.afterCommit(() => this.remove(location));
  }

  /** Removes a discarded blob now; what fails is tried again by the collector. */
  async remove(location: string): Promise<void> {
    try {
      await this.store.remove(location, AbortSignal.timeout(10_000));
      await this.db.transaction((tx) => this.blobs.forget(tx, location));
    } catch (error) {
      this.logger.warn('blob not removed yet', { error, location });
    }
  }
}
