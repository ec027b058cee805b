import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@virga/kernel';
import type { FrontReply } from '../../front/index.js';
import { SwiftFault, badRequest } from '../faults/index.js';
import type { Arrival } from '../features/pre-authorization.js';
import { namesObject, type HeaderMap, type SwiftRequest, type Target } from '../request/index.js';
import { dispositionOf } from './disposition.js';
import { TempUrlKeys } from './keys.js';
import { claimsTempUrl, readTempUrl, type TempUrl } from './parameters.js';
import { isInRange, signedBy, type SignedPath } from './signature.js';
import { TempUrlAccess } from './temp-url-access.js';

/** The methods that a temporary URL can be made for. */
export const TEMP_URL_METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'];
/** With these, an upload would become a pointer to, or a copy of, what its URL gives no access to. */
const REFUSED_HEADERS = ['x-object-manifest', 'x-symlink-target', 'x-copy-from'];
/** Request headers that a temporary URL does not carry. */
export const DROPPED_HEADERS = ['x-timestamp'];

/**
 * Temporary URLs: whoever holds one may do what it was signed for until its time has passed. Everything that is wrong with one is
 * answered alike, so that nothing can be found out by trying.
 */
@Injectable()
export class TempUrls {
  constructor(private readonly keys: TempUrlKeys, @Inject(CLOCK) private readonly clock: Clock) {}

  /** The access that the request's URL proves, or undefined where it is no temporary URL. Throws 401; 400 for headers that make pointers. */
  async access({ front, method, target, headers }: Arrival): Promise<TempUrlAccess | undefined> {
    if (method === 'OPTIONS' || !claimsTempUrl(front.query)) return undefined;
    const url = readTempUrl(front.query, this.clock.now() / 1000);
    const path = signablePath(target);
    if (url === undefined || path === undefined || !covers(url, { method, path, address: front.remoteAddress })) throw invalid();
    const scope = signedBy(url, method, path, await this.keys.of(path.account, path.container));
    if (scope === undefined) throw invalid();
    requireNoPointer(method, headers);
    return new TempUrlAccess(scope, path, url);
  }

  /** The request without what a temporary URL does not carry: the query may only say what was signed. */
  stripped(request: SwiftRequest): SwiftRequest {
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !DROPPED_HEADERS.includes(name)));
    return { ...request, headers, query: new URLSearchParams() };
  }

  /** The answer as the holder of the URL gets it: without metadata that is not public, and named for keeping. */
  dressed(request: SwiftRequest, { url }: TempUrlAccess, reply: FrontReply): FrontReply {
    const headers = Object.fromEntries(Object.entries(reply.headers).filter(([name]) => isShown(name)));
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    if (!isReading || reply.status < 200 || reply.status > 299 || !namesObject(request)) return { ...reply, headers };
    const stored = headers['content-disposition'];
    return {
      ...reply,
      headers: {
        ...headers,
        'content-disposition': dispositionOf(url, typeof stored === 'string' ? stored : undefined, request.target.object),
        expires: new Date(url.expires * 1000).toUTCString(),
      },
    };
  }
}

/** Only objects have temporary URLs. */
function signablePath({ account, container, object }: Target): SignedPath | undefined {
  return container === undefined || object === undefined || object.replaceAll('/', '') === '' ? undefined : { account, container, object };
}

/** Whether what the URL says of itself fits the request; whether it may say so is another matter. */
function covers({ ipRange, prefix }: TempUrl, { method, path, address }: { method: string; path: SignedPath; address: string }): boolean {
  return TEMP_URL_METHODS.includes(method) && (ipRange === undefined || isInRange(address, ipRange)) && (prefix === undefined || path.object.startsWith(prefix));
}

function invalid(): SwiftFault {
  return new SwiftFault(401, '401 Unauthorized: Temp URL invalid\n', { headers: { 'www-authenticate': 'Swift realm="unknown"' } });
}

function requireNoPointer(method: string, headers: HeaderMap): void {
  if (method === 'GET' || method === 'HEAD') return;
  const refused = REFUSED_HEADERS.find((name) => headers[name] !== undefined);
  if (refused === undefined) return;
  const shown = refused.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('-');
  throw badRequest(`The header '${shown}' is not allowed in this tempurl`);
}

function isShown(name: string): boolean {
  return !name.startsWith('x-object-meta-') || name.startsWith('x-object-meta-public-');
}
