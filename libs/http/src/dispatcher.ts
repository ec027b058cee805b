import { Readable } from 'node:stream';
import { isReply, type AnyEndpoint, type InputOf, type VersionNumber } from '@virga/contract';
import { anonymous, Bug, currentRequest, Unavailable, withRequestId, type Caller } from '@virga/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiOptions } from './api-options.js';
import type { Authenticator } from './authenticator.js';
import { requireParsed, requireStorableText, requireValid } from './check-input.js';
import { idempotencyContext, type IdempotencyGuard, type StoredReply } from './idempotency.js';
import { negotiate } from './negotiation.js';
import { ReplyWriter, type Progress, type WriterParts } from './reply-writer.js';
import { requestFacts } from './request-facts.js';
import type { RouteGroup } from './route-group.js';
import type { ShownAgain } from './shown-again.js';
import type { BoundEndpoint } from './versioned-endpoint.js';

export interface DispatcherParts extends WriterParts {
  authenticator: Authenticator;
  idempotency: IdempotencyGuard | undefined;
}

const DEFAULT_MAX_IN_FLIGHT = 512;

/**
 * Takes a request from its route to its handler and back: negotiate the version, authenticate, choose the endpoint,
 * validate, run, insist that policy was consulted, prune the answer.
 */
export class Dispatcher {
  private inFlight = 0;
  private readonly writer: ReplyWriter;

  constructor(private readonly api: ApiOptions, private readonly parts: DispatcherParts, private readonly shownAgain: ShownAgain) {
    this.writer = new ReplyWriter(api, parts);
  }

  dispatch(group: RouteGroup, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    return withRequestId(request.id, async () => {
      const progress: Progress = { startedAt: performance.now() };
      this.inFlight += 1;
      try {
        return this.writer.success(request, reply, await this.answer(group, request, reply, progress), progress);
      } catch (error) {
        return this.writer.failure(request, reply, error, progress);
      } finally {
        this.inFlight -= 1;
      }
    });
  }

  private async answer(group: RouteGroup, request: FastifyRequest, reply: FastifyReply, progress: Progress): Promise<StoredReply> {
    if (this.inFlight > (this.api.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT)) {
      throw new Unavailable('request.overload', 'The service is busy; try again shortly.');
    }
    const version = this.api.versions === undefined ? 0 : negotiate(this.api.versions, request.headers);
    progress.version = version;
    const path = request.originalUrl.split('?')[0] as string;
    const caller = group.isPublic ? anonymous(request.id) : await this.parts.authenticator.authenticate(request.headers, request.id, {
      api: this.api.name, method: request.method, path,
    });
    if (!group.isPublic) this.api.requirePath?.(path, caller);
    const endpoint = group.choose(version, request.body);
    progress.endpoint = endpoint;
    const input = checkedInput(endpoint, request, reply, caller, version);
    const context = this.parts.idempotency && idempotencyContext(endpoint.contract, input, caller);
    if (context === undefined) return run(endpoint, input);
    return (this.parts.idempotency as IdempotencyGuard).run(context, () => run(endpoint, input), (made) => this.shownAgain.answer(endpoint, input, made));
  }
}

function checkedInput(
  endpoint: BoundEndpoint, request: FastifyRequest, reply: FastifyReply, caller: Caller, version: VersionNumber,
): InputOf<AnyEndpoint> {
  const { contract } = endpoint;
  const { validateQuery, validateBody } = endpoint.at(version);
  const params = request.params as Record<string, string>;
  const query = { ...(request.query as Record<string, unknown>) };
  requireStorableText(params, 'path');
  requireStorableText(query, 'query');
  requireValid(validateQuery, query, 'query');
  requireParsed(contract, request);
  if (contract.spec.body !== undefined) requireValid(validateBody, request.body ?? {}, 'body');
  const body = contract.spec.body === undefined ? undefined : request.body ?? {};
  return { caller, params, query: query as never, body: body as never, version, request: requestFacts(contract, request, reply) };
}

async function run(endpoint: BoundEndpoint, input: InputOf<AnyEndpoint>): Promise<StoredReply> {
  const { contract } = endpoint;
  const result: unknown = await endpoint.handler(input);
  if (contract.spec.policy !== 'public' && currentRequest()?.consultedRules.length === 0) {
    throw new Bug('policy.not-consulted', `No policy rule was consulted by ${contract.spec.route}.`);
  }
  const { body, options } = isReply(result) ? result : { body: result, options: {} };
  return {
    status: options.status ?? contract.statusAt(input.version),
    headers: options.headers ?? {},
    body: body instanceof Readable || body === undefined ? body : endpoint.at(input.version).shape(body),
  };
}
