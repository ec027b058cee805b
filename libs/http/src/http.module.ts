import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { ApiOptions } from './api-options.js';
import { APIS, HttpServers } from './http-servers.js';

@Module({})
export class HttpModule {
  /**
   * Serves the given APIs. The application provides `Authenticator` (globally), `ObservabilityModule`, and, where POSTs honour
   * `Idempotency-Key`, an `IdempotencyGuard`; controllers may be in any module.
   */
  static forRoot(apis: readonly ApiOptions[]): DynamicModule {
    return {
      module: HttpModule, global: true, imports: [DiscoveryModule],
      providers: [{ provide: APIS, useValue: apis }, HttpServers], exports: [HttpServers],
    };
  }
}
