import { Inject, Injectable } from '@nestjs/common';
import { hours, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import type { ImageStore } from '@virga/ports';
import { Blobs } from './blobs.js';
import { BlobsRepository } from './blobs.repository.js';
import { IMAGE_STORE } from './image-store.token.js';

/**
 * How old a file that no image has must be before it is taken for a leftover.
 *
 * Too low: the bytes of an upload that is being finished are removed under it. Too high: leftovers of dead processes
 * take disk space for longer. An upload writes its row right after its last byte, so an hour is ample.
 */
const ORPHAN_AGE = hours(1);
const BATCH = 200;

/** Removes bytes that nobody has: what was discarded and not removed yet, and what a process left when it died. */
@Injectable()
export class BlobCollector {
  constructor(
    private readonly db: Database,
    private readonly blobs: Blobs,
    private readonly repository: BlobsRepository,
    @Inject(IMAGE_STORE) private readonly store: ImageStore,
  ) {}

  /** One pass; answers how many blobs it removed. */
  async collect(clock: Clock, signal: AbortSignal): Promise<number> {
    const discarded = await this.repository.discarded(this.db, BATCH);
    for (const location of discarded) await this.blobs.remove(location);
    return discarded.length + await this.collectOrphans(clock, signal);
  }

  private async collectOrphans(clock: Clock, signal: AbortSignal): Promise<number> {
    let batch: string[] = [];
    let removed = 0;
    for await (const { location, modifiedAt } of this.store.list(signal)) {
      if (modifiedAt > clock.now() - ORPHAN_AGE) continue;
      batch.push(location);
      if (batch.length < BATCH) continue;
      removed += await this.removeUnowned(batch, signal);
      batch = [];
    }
    return removed + await this.removeUnowned(batch, signal);
  }

  private async removeUnowned(locations: string[], signal: AbortSignal): Promise<number> {
    const orphans = await this.repository.unowned(this.db, locations);
    for (const location of orphans) await this.store.remove(location, signal);
    return orphans.length;
  }
}
