import { Readable } from 'node:stream';
import type { VersionNumber } from '@virga/contract';
import { Fault } from '@virga/kernel';
import type { Logger, Metrics } from '@virga/observability';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiOptions } from './api-options.js';
import { statusOf, type PublicFailure } from './dialects/fault-dialect.js';
import type { StoredReply } from './idempotency.js';
import { versionHeaders } from './negotiation.js';
import type { BoundEndpoint } from './versioned-endpoint.js';

export interface WriterParts {
  logger: Logger;
  metrics: Metrics;
}

/** What is known so far of a request that is being served. */
export interface Progress {
  startedAt: number;
  version?: VersionNumber;
  endpoint?: BoundEndpoint;
}

const SECONDS_TO_WAIT = '5';

/** APIs that tell the request id under Nova's older name too: Cinder was once a part of Nova. */
const BY_OLDER_NAME: ReadonlySet<string> = new Set(['compute', 'block-storage']);

/** Writes answers and failures, in the service's dialect, and accounts for both. */
export class ReplyWriter {
  constructor(private readonly api: ApiOptions, private readonly parts: WriterParts) {}

  success(request: FastifyRequest, reply: FastifyReply, answer: StoredReply, progress: Progress): FastifyReply {
    this.addCommonHeaders(request, reply, progress);
    reply.code(answer.status).headers(answer.headers);
    this.account(request, answer.status, progress);
    if (answer.body === undefined || answer.status === 204) return reply.send();
    if (answer.body instanceof Readable) return reply.send(answer.body);
    if (!reply.hasHeader('content-type')) reply.header('content-type', 'application/json');
    return reply.send(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  }

  failure(request: FastifyRequest, reply: FastifyReply, error: unknown, progress: Progress): FastifyReply {
    const failure = this.publicFailure(request, error);
    const rendered = this.api.dialect.render(failure);
    if (failure.status >= 500) this.parts.logger.error('request failed', { error, method: request.method, url: request.url.split('?')[0], status: failure.status });
    this.addCommonHeaders(request, reply, progress);
    reply.code(failure.status).headers(rendered.headers ?? {}).header('content-type', rendered.contentType).header('x-virga-fault-code', failure.code);
    if (failure.status === 401) reply.header('www-authenticate', `Keystone uri="${this.api.authUrl}"`);
    if (failure.status === 503) reply.header('retry-after', SECONDS_TO_WAIT);
    this.account(request, failure.status, progress);
    return reply.send(rendered.body);
  }

  private publicFailure(request: FastifyRequest, error: unknown): PublicFailure {
    const seen = { requestId: request.id, accept: request.headers.accept ?? '' };
    const fault = asFault(error);
    if (fault === undefined || fault.kind === 'bug') {
      const message = `An unexpected error occurred. Tell the operator this request id: ${request.id}`;
      return { ...seen, status: 500, kind: 'bug', name: 'Bug', code: 'internal', message, details: undefined };
    }
    const { kind, name, code, message, details } = fault;
    return { ...seen, status: fault.status ?? statusOf(kind, this.api.dialect), kind, name, code, message, details };
  }

  private addCommonHeaders(request: FastifyRequest, reply: FastifyReply, progress: Progress): void {
    reply.header('x-openstack-request-id', request.id);
    if (BY_OLDER_NAME.has(this.api.name)) reply.header('x-compute-request-id', request.id);
    if (this.api.versions !== undefined) reply.headers(versionHeaders(this.api.versions, progress.version));
  }

  private account(request: FastifyRequest, status: number, progress: Progress): void {
    const endpoint = progress.endpoint?.name ?? 'unknown';
    const elapsedMs = performance.now() - progress.startedAt;
    this.parts.metrics.observe('virga_request_seconds', 'Time to answer, by endpoint and status', { endpoint, status: String(status) }, elapsedMs / 1000);
    const log = request.method === 'GET' || request.method === 'HEAD' ? this.parts.logger.debug : this.parts.logger.info;
    log('request', { method: request.method, url: request.url.split('?')[0], endpoint, status, elapsedMs: Math.round(elapsedMs * 10) / 10 });
  }
}

interface PublicFault {
  kind: Fault['kind'];
  status: number | undefined;
  name: string;
  code: string;
  message: string;
  details: Record<string, unknown> | undefined;
}

/** Ours as they are; those of the HTTP server (malformed URL, body too large) are the caller's mistakes and say so. */
function asFault(error: unknown): PublicFault | undefined {
  if (error instanceof Fault) return error;
  const status = (error as { statusCode?: unknown }).statusCode;
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  return { kind: 'invalid', status, name: 'Invalid', code: 'request.malformed', message: (error as Error).message, details: undefined };
}
