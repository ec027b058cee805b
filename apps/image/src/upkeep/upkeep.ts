import { Inject, Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { CLOCK, Loop, minutes, seconds, type Clock } from '@virga/kernel';
import { LOGGER, type Logger } from '@virga/observability';
import { BlobCollector } from '../blobs/index.js';
import { AbandonedUploads } from '../uploads/index.js';

/** How often uploads of dead processes are looked for: with their lease, the longest that an image stays `saving` for nothing. */
const UPLOADS = seconds(10);
/** How often leftover bytes are looked for; each pass lists the whole store. */
const BLOBS = minutes(10);

/** Puts right what processes leave behind when they die. */
@Injectable()
export class Upkeep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loops: Loop[];

  constructor(uploads: AbandonedUploads, blobs: BlobCollector, @Inject(CLOCK) clock: Clock, @Inject(LOGGER) logger: Logger) {
    const loop = (name: string, rest: typeof UPLOADS, turn: (signal: AbortSignal) => Promise<number>): Loop => new Loop({
      rest,
      turn: async (signal) => {
        const count = await turn(signal);
        if (count > 0) logger.warn('repaired', { what: name, count });
      },
      failed: (error) => logger.error('upkeep failed', { what: name, error }),
    });
    this.loops = [
      loop('abandoned uploads', UPLOADS, () => uploads.giveBack()),
      loop('leftover blobs', BLOBS, (signal) => blobs.collect(clock, signal)),
    ];
  }

  onApplicationBootstrap(): void {
    for (const loop of this.loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }
}
