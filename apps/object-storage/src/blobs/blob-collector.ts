import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, mapLimit, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import type { ObjectStore } from '@virga/ports';
import { LOGGER, type Logger } from '@virga/observability';
import { Alone } from './alone.js';
import { Blobs } from './blobs.js';
import { ORPHAN_AGE, READERS_GRACE } from './lifetimes.js';
import { OBJECT_STORES } from './tokens.js';
import { UpkeepRepository, type ReleasedBlob } from './upkeep.repository.js';

const BATCH = 500;
const AT_ONCE = 8;

/**
 * Removes bytes that nobody has.
 *
 * Theory of operation. A change that takes a blob's row away marks the blob released; that only says "look here". After the
 * readers' grace the blob is locked, which keeps copies from naming it, and looked at again: one that something names is kept, the
 * row of any other is removed, and then its bytes. If the process dies between the two, the bytes belong to no row, and listing
 * the store finds them, as it finds what uploads left that were never committed. Bytes within segments are left to compaction.
 */
@Injectable()
export class BlobCollector {
  constructor(
    private readonly db: Database,
    private readonly blobs: Blobs,
    private readonly repository: UpkeepRepository,
    private readonly alone: Alone,
    @Inject(OBJECT_STORES) private readonly stores: readonly ObjectStore[],
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Removes what was let go of; answers how many blobs went. */
  async collectReleased(signal: AbortSignal): Promise<number> {
    let count = 0;
    for (let isMore = true; isMore && !signal.aborted;) {
      const { seen, gone } = await this.forgetBatch();
      await mapLimit(gone.filter(({ segment }) => segment === null), AT_ONCE, (blob) => this.removeBytes(blob, signal));
      count += gone.length;
      isMore = seen === BATCH;
    }
    return count;
  }

  /** Removes what stands alone in the stores and no row names; answers how many. */
  async collectOrphans(signal: AbortSignal): Promise<number> {
    const counts = await this.alone.run('orphans', () => mapLimit(this.stores, 1, (store) => this.collectOrphansOf(store, signal)));
    return (counts ?? []).reduce((sum, count) => sum + count, 0);
  }

  private forgetBatch(): Promise<{ seen: number; gone: ReleasedBlob[] }> {
    return this.db.transaction(async (tx) => {
      const released = await this.repository.lockReleased(tx, new Date(this.clock.now() - READERS_GRACE), BATCH);
      if (released.length === 0) return { seen: 0, gone: [] };
      const named = new Set(await this.repository.named(tx, released.map(({ id }) => id)));
      const gone = released.filter(({ id }) => !named.has(id));
      await this.repository.keep(tx, [...named]);
      await this.repository.forget(tx, gone.map(({ id }) => id));
      return { seen: released.length, gone };
    });
  }

  private async removeBytes({ store, location }: ReleasedBlob, signal: AbortSignal): Promise<void> {
    try {
      await this.blobs.store(store).remove(location, signal);
    } catch (error) {
      this.logger.warn('bytes not removed yet', { error, store, location });
    }
  }

  private async collectOrphansOf(store: ObjectStore, signal: AbortSignal): Promise<number> {
    const oldest = this.clock.now() - ORPHAN_AGE;
    let batch: string[] = [];
    let count = 0;
    for await (const { location, modifiedAt } of store.list(signal)) {
      if (modifiedAt > oldest) continue;
      if (batch.push(location) < BATCH) continue;
      count += await this.removeUnowned(store, batch, signal);
      batch = [];
    }
    return count + await this.removeUnowned(store, batch, signal);
  }

  private async removeUnowned(store: ObjectStore, locations: readonly string[], signal: AbortSignal): Promise<number> {
    const orphans = await this.repository.unowned(this.db, store.id, locations);
    await mapLimit(orphans, AT_ONCE, (location) => store.remove(location, signal));
    return orphans.length;
  }
}
