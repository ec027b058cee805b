import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, mapLimit, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import type { ObjectStore, SegmentUse } from '@virga/ports';
import { Alone } from './alone.js';
import type { BlobId, KnownBlob, StagedBlob } from './blob.js';
import { BlobsRepository } from './blobs.repository.js';
import { ORPHAN_AGE, READERS_GRACE } from './lifetimes.js';
import { OBJECT_STORES } from './tokens.js';
import { UpkeepRepository, type SegmentRows } from './upkeep.repository.js';

/** What part of a segment may be dead. Lower: more copying. Higher: more space for what nobody has. */
const MOST_DEAD = 0.5;
const BATCH = 256;
/** Copies that are written at the same time share a sync. */
const AT_ONCE = 32;

interface Move {
  id: BlobId;
  from: string;
  to: Pick<StagedBlob, 'location' | 'segment' | 'crc32'>;
}

/**
 * Gives back the space of segments that are mostly dead.
 *
 * Theory of operation. Only sealed segments are looked at whose last bytes are older than any commit that could still be on its
 * way. What rows name of a mostly dead segment is copied, and each row is turned to its copy only if it still says what was copied: a
 * copy that lost the race is dead bytes in its new segment. A segment that no row names is noted, and removed
 * when whoever read a location before that has long had time to open it; that no row names it is looked at again then. A
 * death anywhere leaves dead copies or a noted segment; the next pass goes on. Damaged bytes are never copied: they stay
 * where they are, and are reported.
 */
@Injectable()
export class Compactor {
  constructor(
    private readonly db: Database,
    private readonly repository: UpkeepRepository,
    private readonly blobs: BlobsRepository,
    private readonly alone: Alone,
    @Inject(OBJECT_STORES) private readonly stores: readonly ObjectStore[],
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** One pass over all stores; answers how many blobs it moved and segments it removed. */
  async compact(signal: AbortSignal): Promise<{ moved: number; removed: number }> {
    const done = { moved: 0, removed: 0 };
    await this.alone.run('compaction', async () => {
      for (const store of this.stores) {
        const settled = (await store.segments(signal)).filter(({ isSealed, modifiedAt }) => isSealed && modifiedAt < this.clock.now() - ORPHAN_AGE);
        if (settled.length === 0) continue;
        done.moved += await this.copyMostlyDead(store, settled, signal);
        done.removed += await this.removeEmptied(store, settled, signal);
      }
    });
    return done;
  }

  private async copyMostlyDead(store: ObjectStore, segments: readonly SegmentUse[], signal: AbortSignal): Promise<number> {
    const live = await this.liveBytes(store, segments);
    let moved = 0;
    for (const { segment, sizeBytes, overheadBytes } of segments) {
      const rows = live.get(segment);
      // With their overhead: of the tiniest objects there is less than of it, and they would be copied again and again for ever.
      if (rows === undefined || rows.bytes + rows.blobs * overheadBytes > sizeBytes * MOST_DEAD) continue;
      moved += await this.copyOut(store, segment, signal);
    }
    return moved;
  }

  private async copyOut(store: ObjectStore, segment: string, signal: AbortSignal): Promise<number> {
    let moved = 0;
    for (let after = '', isMore = true; isMore;) {
      signal.throwIfAborted();
      const batch = await this.repository.inSegment(this.db, store.id, segment, BATCH, after);
      const copies = await mapLimit(batch, AT_ONCE, (blob) => this.copy(store, blob, signal));
      moved += await this.repository.move(this.db, copies.filter((copy) => copy !== undefined));
      after = batch.at(-1)?.location ?? after;
      isMore = batch.length === BATCH;
    }
    return moved;
  }

  private async copy(store: ObjectStore, blob: KnownBlob, signal: AbortSignal): Promise<Move | undefined> {
    const verdict = await store.verify(blob.location, blob.crc32, signal);
    if (verdict !== 'intact') {
      await this.blobs.mark(this.db, blob.id, blob.location, verdict);
      return undefined;
    }
    const bytes = await readWhole(store, blob.location, signal);
    const kept = await store.write(bytes, { maxBytes: bytes.length }, signal);
    return { id: blob.id, from: blob.location, to: { location: kept.location, segment: kept.segment ?? null, crc32: kept.crc32 } };
  }

  private async removeEmptied(store: ObjectStore, segments: readonly SegmentUse[], signal: AbortSignal): Promise<number> {
    const live = await this.liveBytes(store, segments);
    const empty = segments.map(({ segment }) => segment).filter((segment) => !live.has(segment));
    if (empty.length === 0) return 0;
    const now = this.clock.now();
    const removable = await this.repository.noteEmptied(this.db, store.id, empty, new Date(now), new Date(now - READERS_GRACE));
    for (const segment of removable) {
      await store.removeSegment(segment, signal);
      await this.repository.forgetEmptied(this.db, store.id, segment);
    }
    return removable.length;
  }

  private async liveBytes(store: ObjectStore, segments: readonly SegmentUse[]): Promise<Map<string, SegmentRows>> {
    const rows = await this.repository.segmentRows(this.db, store.id, segments.map(({ segment }) => segment));
    return new Map(rows.map((row) => [row.segment, row]));
  }
}

async function readWhole(store: ObjectStore, location: string, signal: AbortSignal): Promise<Buffer> {
  const bytes = await store.read(location, undefined, signal);
  return Buffer.isBuffer(bytes) ? bytes : Buffer.concat(await bytes.toArray() as Buffer[]);
}
