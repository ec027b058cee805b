import type { AddressInfo } from 'node:net';
import { Inject, Injectable, Optional, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Health, LOGGER, Metrics, type Logger } from '@virga/observability';
import type { FastifyInstance } from 'fastify';
import type { ApiOptions } from './api-options.js';
import { apiServer } from './api-server.js';
import { Authenticator } from './authenticator.js';
import { bindEndpoints } from './bind-endpoints.js';
import { IdempotencyGuard } from './idempotency.js';

/** The injection token of the APIs to serve. */
export const APIS = Symbol('apis');
/** The injection token of who tells the APIs who is asking. */
export const ADMISSION = Symbol('admission');

/** The process's HTTP servers, one an API; they listen from the application's bootstrap to its shutdown. */
@Injectable()
export class HttpServers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly servers = new Map<string, FastifyInstance>();

  constructor(
    @Inject(APIS) private readonly apis: readonly ApiOptions[],
    private readonly discovery: DiscoveryService,
    @Inject(ADMISSION) readonly authenticator: Authenticator,
    @Inject(LOGGER) readonly logger: Logger,
    readonly metrics: Metrics,
    private readonly health: Health,
    @Optional() @Inject(IdempotencyGuard) readonly idempotency: IdempotencyGuard | undefined,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const controllers = this.discovery.getControllers().map(({ instance }) => instance as object | null).filter((instance) => instance !== null);
    for (const api of this.apis) {
      const server = apiServer(api, bindEndpoints(api.endpoints, controllers), this);
      this.addOperatorRoutes(server);
      this.servers.set(api.name, server);
      await server.listen(api.listen);
      this.logger.info('listening', { api: api.name, host: api.listen.host, port: this.port(api.name) });
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([...this.servers.values()].map((server) => server.close()));
  }

  /** The port that an API listens on. */
  port(name: string): number {
    return (this.server(name).server.address() as AddressInfo).port;
  }

  /** The server of one API, for in-process requests in tests (`inject`). */
  server(name: string): FastifyInstance {
    const server = this.servers.get(name);
    if (server === undefined) throw new Error(`No API '${name}' is served.`);
    return server;
  }

  private addOperatorRoutes(server: FastifyInstance): void {
    server.get('/healthcheck', async (_request, reply) => {
      const report = await this.health.report();
      return reply.code(report.isHealthy ? 200 : 503).send(report);
    });
    server.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4').send(await this.metrics.text()));
  }
}
