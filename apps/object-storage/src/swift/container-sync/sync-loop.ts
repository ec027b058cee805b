import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Loop, seconds } from '@virga/kernel';
import { LOGGER, type Logger } from '@virga/observability';
import { SyncSender } from './sync-sender.js';

/** Sends changes of synchronized containers again and again, in every process. */
@Injectable()
export class SyncLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: Loop;

  constructor(sender: SyncSender, @Inject(LOGGER) logger: Logger) {
    this.loop = new Loop({
      rest: seconds(10), turn: async (signal) => { await sender.send(signal); }, failed: (error) => logger.error('container sync pass failed', { error }),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }
}
