import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Loop, milliseconds } from '@virga/kernel';
import { LOGGER, Metrics, type Logger } from '@virga/observability';
import { SETTINGS, type ObjectStorageSettings } from '../../settings/index.js';
import { dayMs } from './day.js';
import { LifecycleWorker } from './lifecycle-worker.js';

/** How often a process asks for a bucket that is due. Higher: rules apply later, by so much. Lower: statements for nothing. */
const LONGEST_REST_MS = 60_000;

/** Runs the lifecycle worker in every process. */
@Injectable()
export class LifecycleLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: Loop;

  constructor(worker: LifecycleWorker, @Inject(LOGGER) logger: Logger, metrics: Metrics, @Inject(SETTINGS) settings: ObjectStorageSettings) {
    this.loop = new Loop({
      rest: milliseconds(Math.min(LONGEST_REST_MS, Math.ceil(dayMs(settings) / 16))),
      failed: (error) => logger.error('lifecycle failed', { error }),
      turn: async (signal) => {
        const counts = Object.entries(await worker.run(signal)).filter(([, count]) => count > 0);
        if (counts.length > 0) logger.info('lifecycle', Object.fromEntries(counts));
        for (const [what, count] of counts) metrics.count('virga_object_storage_lifecycle_total', 'What lifecycle rules did', { what }, count);
      },
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }
}
