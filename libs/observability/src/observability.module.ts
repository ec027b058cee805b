import { Module, type DynamicModule } from '@nestjs/common';
import { Health } from './health.js';
import type { Logger } from './logger.js';
import { Metrics } from './metrics.js';

/** The injection token of the process's `Logger`. */
export const LOGGER = Symbol('Logger');

@Module({})
export class ObservabilityModule {
  /** Provides `LOGGER`, `Metrics` and `Health` everywhere. */
  static forRoot(logger: Logger): DynamicModule {
    const providers = [{ provide: LOGGER, useValue: logger }, { provide: Metrics, useValue: new Metrics() }, { provide: Health, useValue: new Health() }];
    return { module: ObservabilityModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
