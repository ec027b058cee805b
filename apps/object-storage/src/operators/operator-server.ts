import type { AddressInfo } from 'node:net';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { ListenAddress } from '@virga/http';
import { Health, LOGGER, Metrics, type Logger } from '@virga/observability';
import { fastify, type FastifyInstance } from 'fastify';
import { BlobReport } from '../blobs/index.js';

/** The injection token of where operators' pages answer; undefined for nowhere. */
export const OPERATORS = Symbol('Operators');

/**
 * What operators and their monitoring read: health, metrics, and which objects are hurt. On a port of its own, because every
 * path of the public one may be a bucket's.
 */
@Injectable()
export class OperatorServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly server: FastifyInstance = fastify({ forceCloseConnections: true });

  constructor(
    @Inject(OPERATORS) private readonly listen: ListenAddress | undefined,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
    private readonly health: Health,
    private readonly report: BlobReport,
  ) {
    this.server.get('/healthcheck', async (_request, reply) => {
      const found = await this.health.report();
      return reply.code(found.isHealthy ? 200 : 503).send(found);
    });
    this.server.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4').send(await this.metrics.text()));
    this.server.get('/report', () => this.report.read());
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.listen === undefined) return;
    await this.server.listen(this.listen);
    this.logger.info('listening', { api: 'operators', host: this.listen.host, port: this.port });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.server.close();
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }
}
