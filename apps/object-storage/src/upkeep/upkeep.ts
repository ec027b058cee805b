import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { hours, Loop, minutes, seconds, type Duration } from '@virga/kernel';
import { LOGGER, Metrics, type Logger } from '@virga/observability';
import { BlobCollector, Compactor, KeyRotation, Scrubber } from '../blobs/index.js';
import { Expirer } from '../objects/index.js';

type Counts = Record<string, number>;

/** What is done again and again for tidiness, by every process; each job is safe beside itself. */
@Injectable()
export class Upkeep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loops: Loop[];

  constructor(
    expirer: Expirer, collector: BlobCollector, compactor: Compactor, scrubber: Scrubber, rotation: KeyRotation,
    @Inject(LOGGER) private readonly logger: Logger, private readonly metrics: Metrics,
  ) {
    this.loops = [
      this.loop('expiry', seconds(30), async (signal) => ({ removed: await expirer.expire(signal) })),
      this.loop('collection', minutes(1), async (signal) => ({ removed: await collector.collectReleased(signal) })),
      this.loop('orphan collection', hours(1), async (signal) => ({ removed: await collector.collectOrphans(signal) })),
      this.loop('compaction', minutes(10), (signal) => compactor.compact(signal)),
      this.loop('scrubbing', minutes(1), (signal) => scrubber.scrub(signal)),
      this.loop('key rotation', hours(1), async (signal) => ({ resealed: await rotation.rotate(signal) })),
    ];
  }

  onApplicationBootstrap(): void {
    for (const loop of this.loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  private loop(job: string, rest: Duration, turn: (signal: AbortSignal) => Promise<Counts>): Loop {
    return new Loop({
      rest,
      turn: async (signal) => this.account(job, await turn(signal)),
      failed: (error) => this.logger.error('upkeep failed', { job, error }),
    });
  }

  private account(job: string, counts: Counts): void {
    const done = Object.entries(counts).filter(([, count]) => count > 0);
    if (done.length === 0) return;
    this.logger.info('upkeep', { job, ...counts });
    for (const [what, count] of done) this.metrics.count('virga_object_storage_upkeep_total', 'What upkeep did', { job, what }, count);
  }
}
