import { Inject, Injectable } from '@nestjs/common';
import { Containers, type Container } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { SwiftFault } from '../faults/index.js';
import type { SwiftRequest } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';

const SIMPLE = [
  'cache-control', 'content-language', 'content-type', 'expires', 'last-modified', 'pragma', 'etag', 'x-timestamp', 'x-trans-id', 'x-openstack-request-id',
];

/** What browsers may do with containers from pages of other origins: X-Container-Meta-Access-Control-{Allow-Origin,Max-Age,Expose-Headers}. */
@Injectable()
export class Cors {
  constructor(@Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings, private readonly containers: Containers) {}

  /** The answer to OPTIONS: the methods, and to a preflight what is allowed. An origin or method that is not is told 401. */
  async preflight(request: SwiftRequest, methods: readonly string[]): Promise<FrontReply> {
    const allow = methods.join(', ');
    const { origin } = request.headers;
    if (origin === undefined || request.target.container === undefined) return { status: 200, headers: { allow, 'content-length': '0' } };
    const container = await this.containerOf(request);
    const method = request.headers['access-control-request-method'];
    if (!this.allows(container, origin) || method === undefined || !methods.includes(method)) throw new SwiftFault(401, undefined, { headers: { allow } });
    return { status: 200, headers: { allow, 'content-length': '0', 'access-control-allow-methods': allow, ...preflightHeaders(request, container, origin) } };
  }

  /** The answer of `work`, its refusals too, with the headers by which a browser hands it to the page. */
  async around(request: SwiftRequest, work: () => Promise<FrontReply>): Promise<FrontReply> {
    const { origin } = request.headers;
    if (origin === undefined || request.target.container === undefined || request.method === 'OPTIONS') return work();
    const container = await this.containerOf(request);
    const extra = this.allows(container, origin) ? (headers: object) => this.answerHeaders(container, origin, headers) : () => ({});
    try {
      const reply = await work();
      return { ...reply, headers: withExtra(reply.headers, extra(reply.headers)) };
    } catch (error) {
      if (!(error instanceof SwiftFault)) throw error;
      throw new SwiftFault(error.status, error.words, { contentType: error.contentType, headers: withExtra(error.headers, extra(error.headers)) as Record<string, string> });
    }
  }

  private containerOf({ target }: SwiftRequest): Promise<Container | undefined> {
    return this.containers.find(target.account, target.container as string);
  }

  private allows(container: Container | undefined, origin: string): boolean {
    const named = (container?.metadata['x-container-meta-access-control-allow-origin'] ?? '').split(/\s+/).filter((entry) => entry !== '');
    return [...named, ...this.settings.corsOrigins].some((entry) => entry === '*' || entry === origin);
  }

  private answerHeaders(container: Container | undefined, origin: string, headers: object): Record<string, string> {
    const own = Object.keys(headers).filter((name) => name.startsWith('x-container-meta') || name.startsWith('x-object-meta'));
    const named = (container?.metadata['x-container-meta-access-control-expose-headers'] ?? '').toLowerCase().split(/\s+/).filter((entry) => entry !== '');
    return {
      'access-control-expose-headers': [...new Set([...SIMPLE, ...this.settings.corsExposedHeaders, ...own, ...named])].join(', '),
      ...originHeaders(container, origin),
    };
  }
}

function preflightHeaders(request: SwiftRequest, container: Container | undefined, origin: string): Record<string, string> {
  const asked = (request.headers['access-control-request-headers'] ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
  const maxAge = container?.metadata['x-container-meta-access-control-max-age'];
  const { vary, ...allowed } = originHeaders(container, origin);
  const varying = [vary, asked.length > 0 ? 'Access-Control-Request-Headers' : undefined].filter((entry) => entry !== undefined);
  return {
    ...allowed,
    ...(maxAge !== undefined && { 'access-control-max-age': maxAge }),
    ...(asked.length > 0 && { 'access-control-allow-headers': [...new Set(asked)].join(', ') }),
    ...(varying.length > 0 && { vary: varying.join(', ') }),
  };
}

function originHeaders(container: Container | undefined, origin: string): Record<string, string> {
  if (container?.metadata['x-container-meta-access-control-allow-origin']?.trim() === '*') return { 'access-control-allow-origin': '*' };
  return { 'access-control-allow-origin': origin, vary: 'Origin' };
}

function withExtra(headers: FrontReply['headers'], extra: Record<string, string>): FrontReply['headers'] {
  const vary = [headers['vary'], extra['vary']].filter((entry) => entry !== undefined).join(', ');
  return { ...extra, ...headers, ...(vary !== '' && { vary }) };
}
