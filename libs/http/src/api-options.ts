import type { AnyEndpoint } from '@virga/contract';
import type { Caller } from '@virga/kernel';
import type { FaultDialect } from './dialects/fault-dialect.js';
import type { VersionPolicy } from './negotiation.js';

export interface ListenAddress {
  host: string;
  /** 0 takes a free one. */
  port: number;
}

/** One API that a process serves: a server of its own on a port of its own. */
export interface ApiOptions {
  name: string;
  endpoints: Readonly<Record<string, AnyEndpoint>>;
  /** Prefix of every route, for example `/v2.1`; empty for none. */
  basePath: string;
  dialect: FaultDialect;
  listen: ListenAddress;
  versions?: VersionPolicy;
  /** Maps what clients send to the routes that are declared, for example `/v2.1/PROJECT/servers` to `/v2.1/servers`. */
  rewrite?: (url: string) => string;
  /** Throws where the path that was sent is not one for this caller: one that names another project than the token's. Public endpoints are not asked. */
  requirePath?: (path: string, caller: Caller) => void;
  /** A slash at the end of a path makes no difference, unless this is false: Glance has no `/v2/images/`. */
  ignoresTrailingSlash?: boolean;
  /** The identity service's URL, told to callers who come without a token. */
  authUrl: string;
  /** The largest JSON body, in bytes. */
  bodyLimit?: number;
  /**
   * Requests in flight before new ones get 503. Too low: bursts are refused that would have been served in time.
   * Too high: under overload every caller waits, and times out, instead of some being told at once.
   */
  maxInFlight?: number;
}
