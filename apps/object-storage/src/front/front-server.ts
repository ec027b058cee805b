import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Fault, newRequestId, Unavailable, withRequestId } from '@virga/kernel';
import { LOGGER, Metrics, type Logger } from '@virga/observability';
import { fastify, type FastifyInstance } from 'fastify';
import { SETTINGS, type ObjectStorageSettings } from '../settings/index.js';
import { harmlessQuery } from './access-log.js';
import { ArrivedRequest } from './arrived-request.js';
import { continueWhenRead, dropUnreadBody, limitIdleReading, limitIdleWriting } from './body-manners.js';
import type { FrontReply, FrontRequest, ObjectApi } from './front.js';
import { ClientErrors } from './client-errors.js';
import { FRONT, type FrontOptions } from './front-options.js';
import { sendReply } from './send-reply.js';
import { isForS3 } from './which-api.js';

const ANY_PATH = '/';
/**
 * Requests in flight before new ones get 503. Too low: bursts are refused that would have been served in time. Too high: under
 * overload every client waits, and what they send takes memory, instead of some being told at once.
 */
const MOST_IN_FLIGHT = 512;
const REQUEST_ID = /^req-[0-9a-f-]{36}$/;

/**
 * The front door: takes every request to one of the two APIs and its answer back, in both directions as streams.
 *
 * Fastify owns connections and shutdown; routes, bodies and headers are left to the APIs, because S3's signatures are made over
 * the request exactly as it was sent. A client that goes away, or that stops sending or taking for a minute, aborts
 * the request's signal.
 */
@Injectable()
export class FrontServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly server: FastifyInstance;
  private inFlight = 0;
  private readonly clientErrors = new ClientErrors();

  constructor(
    @Inject(FRONT) private readonly options: FrontOptions,
    @Inject(SETTINGS) private readonly settings: ObjectStorageSettings,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    this.server = this.build();
    metrics.gauge('virga_object_storage_requests_in_flight', 'Requests being answered', () => this.inFlight);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.server.listen(this.options.listen);
    this.logger.info('listening', { api: 'object-storage', host: this.options.listen.host, port: this.port });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.server.close();
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  private build(): FastifyInstance {
    const { headersMs, keepAliveMs } = this.options.limits;
    const server = fastify({
      // Whatever the path and however it is encoded, there is one route.
      rewriteUrl: () => ANY_PATH,
      keepAliveTimeout: keepAliveMs,
      requestTimeout: 0,
      forceCloseConnections: 'idle',
      exposeHeadRoutes: false,
      http: { headersTimeout: headersMs, connectionsCheckingInterval: Math.min(headersMs, 30_000), maxHeaderSize: 64 * 1024, requireHostHeader: false },
      routerOptions: { querystringParser: () => ({}) },
      clientErrorHandler: (error, socket) => this.clientErrors.answer(error, socket as Socket),
    });
    for (const method of ['COPY', 'PROPFIND', 'MKCOL', 'MOVE', 'LOCK', 'UNLOCK', 'SEARCH', 'REPORT'] as const) server.addHttpMethod(method, { hasBody: false });
    // Taken here, before anything is made of the headers: Fastify itself would refuse a Content-Type that it cannot read.
    server.addHook('onRequest', (request, reply) => {
      reply.hijack();
      void this.serve(request.originalUrl, request.raw, reply.raw);
    });
    server.all(ANY_PATH, () => undefined);
    // Any other expectation is ignored, as S3 and Swift do (RFC 9110, 10.1.1 leaves the choice).
    server.server.on('checkExpectation', (incoming: IncomingMessage, outgoing: ServerResponse) => server.server.emit('request', incoming, outgoing));
    server.server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
      continueWhenRead(incoming, outgoing);
      server.server.emit('request', incoming, outgoing);
    });
    return server;
  }

  private serve(url: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const offered = incoming.headers['x-openstack-request-id'];
    const id = typeof offered === 'string' && REQUEST_ID.test(offered) ? offered : newRequestId();
    const request = new ArrivedRequest(id, url, incoming, outgoing, (error, { method, rawPath }) => this.logger.error('part of a request failed', { error, method, path: rawPath }));
    this.clientErrors.began(incoming.socket, outgoing);
    // HTTP/1.1 keeps connections by default: like Swift, we speak of it only to a client that does.
    // One that expects to be told to go on must see when its connection is closed instead.
    if (incoming.httpVersionMinor > 0 && incoming.headers.connection === undefined && incoming.headers.expect === undefined) outgoing.removeHeader('connection');
    limitIdleReading(incoming, this.options.limits.idleMs);
    return withRequestId(id, () => this.answer(request, incoming, outgoing));
  }

  private async answer(request: FrontRequest, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    const name = isForS3(request, this.settings.bucketDomains) ? 's3' : 'swift';
    let status = 499;
    let sent = 0;
    this.inFlight += 1;
    try {
      const reply = await this.replyOf(this.options.apis[name], request);
      status = reply.status;
      if (!('x-openstack-request-id' in reply.headers)) outgoing.setHeader('x-openstack-request-id', request.id);
      if (!('x-trans-id' in reply.headers)) outgoing.setHeader('x-trans-id', request.id);
      if (reply.readsBody !== true) await dropUnreadBody(incoming, outgoing);
      limitIdleWriting(outgoing, this.options.limits.idleMs);
      sent = await sendReply(outgoing, reply, request.method === 'HEAD');
    } catch (error) {
      status = outgoing.headersSent ? status : 500;
      this.broken(outgoing, request, error);
    } finally {
      this.inFlight -= 1;
      this.account(name, request, { status, sent, seconds: (performance.now() - startedAt) / 1000 });
    }
  }

  private async replyOf(api: ObjectApi, request: FrontRequest): Promise<FrontReply> {
    try {
      if (this.inFlight > MOST_IN_FLIGHT) throw new Unavailable('request.overload', 'The service is busy; try again shortly.');
      return await api.answer(request);
    } catch (error) {
      const reply = api.fault(error, request);
      if (reply.status >= 500 && !request.signal.aborted && !isOverLimit(error)) {
        this.logger.error('request failed', { error, method: request.method, path: request.rawPath, status: reply.status });
      }
      return reply;
    }
  }

  /** An answer broke off: the client must see that it is not whole. */
  private broken(outgoing: ServerResponse, request: FrontRequest, error: unknown): void {
    if (!request.signal.aborted) this.logger.error('answer broke off', { error, method: request.method, path: request.rawPath });
    if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy();
    else outgoing.writeHead(500, { connection: 'close' }).end();
  }

  private account(api: string, request: FrontRequest, { status, sent, seconds }: { status: number; sent: number; seconds: number }): void {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    this.metrics.observe('virga_request_seconds', 'Time to answer, by endpoint and status', { endpoint: `${api} ${request.method}`, status: String(status) }, seconds);
    const log = isRead ? this.logger.debug : this.logger.info;
    const query = harmlessQuery(request.rawQuery);
    log('request', {
      method: request.method, url: request.rawPath, ...(query !== '' && { query }), api, status, sent, remote: request.remoteAddress, elapsedMs: Math.round(seconds * 10_000) / 10,
    });
  }
}

/** A rate or quota that S3 words as 503: whom it was set for is told, and nobody need look into it. */
function isOverLimit(error: unknown): boolean {
  return error instanceof Fault && error.kind === 'over-limit';
}
