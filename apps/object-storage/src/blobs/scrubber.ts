import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, days, hours, mapLimit, type Clock } from '@virga/kernel';
import { LOGGER, Metrics, type Logger } from '@virga/observability';
import { Database } from '@virga/persistence';
import { Alone } from './alone.js';
import type { KnownBlob } from './blob.js';
import { Blobs } from './blobs.js';
import { BlobsRepository } from './blobs.repository.js';
import { UpkeepRepository } from './upkeep.repository.js';

/**
 * How often all bytes are read again. Too low: disks and processor are busy with it. Too high: rot stays unknown until
 * somebody wants the object, or until the backup with the good bytes is gone.
 */
const EVERY = days(14);
/** How often hurt bytes are looked at: somebody may have brought them back from a backup. Each look that finds them hurt is logged. */
const HURT_EVERY = hours(1);
/** What one pass reads at most; passes follow each other by the minute, so this bounds the disk's share. */
const MOST_BLOBS = 1_000;
const MOST_BYTES = 512 * 1024 * 1024;
const AT_ONCE = 2;

/** Reads bytes again, one after the other, and tells of those that are not what was written. */
@Injectable()
export class Scrubber {
  constructor(
    private readonly db: Database,
    private readonly blobs: Blobs,
    private readonly repository: UpkeepRepository,
    private readonly alone: Alone,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    metrics: Metrics,
    rows: BlobsRepository,
  ) {
    metrics.gauge('virga_object_storage_hurt_blobs', 'Blobs whose bytes are damaged or missing; the operators\' report names the objects', () => rows.hurt(db));
  }

  /** Verifies those whose turn is next; answers how many it read and how many are hurt. */
  async scrub(signal: AbortSignal): Promise<{ read: number; hurt: number }> {
    return await this.alone.run('scrubbing', () => this.pass(signal)) ?? { read: 0, hurt: 0 };
  }

  private async pass(signal: AbortSignal): Promise<{ read: number; hurt: number }> {
    const now = this.clock.now();
    const again = await this.repository.hurt(this.db, new Date(now - HURT_EVERY), MOST_BLOBS);
    const rest = await this.repository.leastVerified(this.db, new Date(now - EVERY), MOST_BLOBS);
    const known = new Set(again.map(({ id }) => id));
    const due = withinBytes([...again, ...rest.filter(({ id }) => !known.has(id))], MOST_BYTES);
    const found = await mapLimit(due, AT_ONCE, async (blob) => ({ id: blob.id, location: blob.location, verdict: await this.verdictOf(blob, signal) }));
    if (found.length > 0) await this.repository.verified(this.db, found, new Date(this.clock.now()));
    return { read: found.length, hurt: found.filter(({ verdict }) => verdict !== null).length };
  }

  private async verdictOf(blob: KnownBlob, signal: AbortSignal): Promise<'damaged' | 'missing' | null> {
    const verdict = await this.blobs.store(blob.store).verify(blob.location, blob.crc32, signal);
    if (verdict === 'intact') return null;
    const [now] = await this.blobs.find([blob.id]);
    if (now?.location !== blob.location) return null; // moved by compaction, or removed, since it was looked up
    this.logger.error('bytes are hurt', { verdict, blob: blob.id, store: blob.store, location: blob.location });
    return verdict;
  }
}

/** The first blobs that together have no more than so many bytes; at least one. */
function withinBytes(blobs: readonly KnownBlob[], most: number): KnownBlob[] {
  let sum = 0;
  return blobs.filter((blob, index) => (sum += blob.sizeBytes) <= most || index === 0);
}
