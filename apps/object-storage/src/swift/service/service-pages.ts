import { Inject, Injectable } from '@nestjs/common';
import { Health } from '@virga/observability';
import { Capabilities } from '../capabilities.js';
import type { FrontReply, FrontRequest } from '../../front/index.js';
import { methodNotAllowed, SwiftFault } from '../faults/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';
import { Endpoints } from './endpoints.js';

const TEXT = 'text/plain; charset=UTF-8';

/** Pages beside the storage paths: /info, /healthcheck, /crossdomain.xml, /endpoints. */
@Injectable()
export class ServicePages {
  constructor(
    @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings,
    private readonly capabilities: Capabilities,
    private readonly endpoints: Endpoints,
    private readonly health: Health,
  ) {}

  /** Undefined where the path is none of these. */
  async answer(front: FrontRequest): Promise<FrontReply | undefined> {
    switch (front.rawPath) {
      case '/info': return this.info(front);
      case '/healthcheck': return this.healthCheck(front);
      case '/crossdomain.xml': return this.crossDomain(front);
      default: return front.rawPath === '/endpoints' || front.rawPath.startsWith('/endpoints/') ? this.endpoints.answer(front) : undefined;
    }
  }

  private info(front: FrontRequest): FrontReply {
    if (front.method === 'OPTIONS') return { status: 200, headers: { allow: 'GET, HEAD, OPTIONS', 'content-length': '0' } };
    const reply = page(front, 'application/json; charset=UTF-8', JSON.stringify(this.capabilities.all()));
    const { origin } = front.headers;
    if (typeof origin !== 'string') return reply;
    return { ...reply, headers: { ...reply.headers, 'access-control-allow-origin': origin, 'access-control-expose-headers': 'x-trans-id', vary: 'Origin' } };
  }

  /** What ails is named, never why: anybody may ask. */
  private async healthCheck(front: FrontRequest): Promise<FrontReply> {
    const { isHealthy, checks } = await this.health.report();
    if (isHealthy) return page(front, TEXT, 'OK');
    const ailing = Object.entries(checks).filter(([, state]) => state !== 'ok').map(([check]) => check);
    return { ...page(front, TEXT, `UNAVAILABLE: ${ailing.join(', ')}`), status: 503 };
  }

  private crossDomain(front: FrontRequest): FrontReply {
    const { crossDomainPolicy } = this.settings;
    if (crossDomainPolicy === '') throw new SwiftFault(404);
    const head = '<?xml version="1.0"?>\n<!DOCTYPE cross-domain-policy SYSTEM "http://www.adobe.com/xml/dtds/cross-domain-policy.dtd" >\n';
    return page(front, 'application/xml', `${head}<cross-domain-policy>\n${crossDomainPolicy}\n</cross-domain-policy>`);
  }
}

function page({ method }: FrontRequest, contentType: string, body: string): FrontReply {
  if (method === 'GET') return { status: 200, headers: { 'content-type': contentType }, body };
  if (method !== 'HEAD') throw methodNotAllowed(['GET', 'HEAD', 'OPTIONS']);
  return { status: 200, headers: { 'content-type': contentType, 'content-length': String(Buffer.byteLength(body)) } };
}
