import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { ApiOptions } from './api-options.js';
import { Authenticator } from './authenticator.js';
import { ADMISSION, APIS, HttpServers } from './http-servers.js';

export interface HttpOptions {
  /** Lets others in beside the bearers of tokens: wraps the application's `Authenticator`. */
  admit?: (tokens: Authenticator) => Authenticator;
}

@Module({})
export class HttpModule {
  /**
   * Serves the given APIs. The application provides `Authenticator` (globally), `ObservabilityModule`, and, where POSTs honour
   * `Idempotency-Key`, an `IdempotencyGuard`; controllers may be in any module.
   */
  static forRoot(apis: readonly ApiOptions[], options: HttpOptions = {}): DynamicModule {
    const admission = { provide: ADMISSION, inject: [Authenticator], useFactory: options.admit ?? ((tokens: Authenticator) => tokens) };
    return {
      module: HttpModule, global: true, imports: [DiscoveryModule],
      providers: [{ provide: APIS, useValue: apis }, admission, HttpServers], exports: [HttpServers],
    };
  }
}
