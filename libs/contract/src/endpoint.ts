import type { Readable } from 'node:stream';
import type { Caller } from '@virga/kernel';
import type { Reply } from './reply.js';
import type { PolicyRule } from './rule.js';
import type { Static, TSchema } from './schema.js';
import { isWithin, type VersionNumber, type VersionRange } from './version.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';

/** Statuses by version; each is the one that holds in its range. */
export type StatusRange = Readonly<Record<number, VersionRange>>;

/** One promise of the API: everything about it that is not behaviour. */
export interface EndpointSpec<Query extends TSchema, Body extends TSchema, Output extends TSchema> extends VersionRange {
  /** `METHOD /path/{parameter}` below the service's base path (`/v2.1`, `/v3`, …). */
  route: `${Method} /${string}`;
  summary: string;
  /** The route is below the server's root instead: version documents. */
  atRoot?: boolean;
  /** For routes on which the body's single key chooses the endpoint (`POST /servers/{id}/action`): that key. */
  action?: string;
  query?: Query;
  body?: Body;
  /** The newest shape of the reply's body; absent where there is none. */
  view?: Output;
  /** The status, or the statuses by version; the first that holds is the default. */
  replies: number | StatusRange;
  /** The rule that the service consults, or `public` for an endpoint that needs no token. */
  policy: PolicyRule | 'public';
  /** Further rules that the service may consult. */
  alsoConsults?: readonly PolicyRule[];
  /** What a success charges against quota. */
  charges?: Readonly<Record<string, number>>;
  /** The codes of the faults that a caller should expect. */
  fails?: readonly string[];
  cli?: { command: string; columns?: readonly string[] };
  /**
   * A repetition (same `Idempotency-Key`) whose first answer was lost is answered with what was made, as `GET` on this path and its id
   * shows it. Only for creations whose first answer holds nothing that is told once.
   */
  isShownAgain?: boolean;
  /** The request's body is a stream of bytes that the handler reads itself. */
  streamsRequest?: boolean;
}

/** A declared endpoint; `spec` carries the types of its query, body and reply. */
export interface Endpoint<Query extends TSchema = TSchema, Body extends TSchema = TSchema, Output extends TSchema = TSchema> {
  readonly spec: EndpointSpec<Query, Body, Output>;
  readonly method: Method;
  /** The path with `{parameter}`s. */
  readonly path: string;
  readonly parameters: readonly string[];
  /** The rule, for `policy.require(caller, createKeypair.policy, …)`; a public endpoint has none. */
  readonly policy: PolicyRule;
  readonly charges: Readonly<Record<string, number>>;
  /** The default status at a version. */
  statusAt(version: VersionNumber): number;
}

export type AnyEndpoint = Endpoint;

type ValueOf<Schema extends TSchema> = unknown extends Static<Schema> ? undefined : Static<Schema>;

export interface RequestFacts {
  /** The request's headers, names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The URL under which the caller reached the service, without path: for links. */
  baseUrl: string;
  /** Path and query string as sent: for `next` links. */
  url: string;
  /** Bytes of the body, for endpoints with `streamsRequest`. */
  stream?: Readable;
  /** Aborts when the caller goes away or the service stops. */
  signal: AbortSignal;
}

/** What a handler gets: everything checked, the body in the newest shape. */
export interface InputOf<E> {
  caller: Caller;
  params: Readonly<Record<string, string>>;
  query: QueryOf<E>;
  body: BodyOf<E>;
  /** The negotiated microversion (0 where the service has none); for `libs/http` and rare behaviour changes, not for shapes. */
  version: VersionNumber;
  request: RequestFacts;
}

export type QueryOf<E> = E extends Endpoint<infer Query, TSchema, TSchema> ? ValueOf<Query> : never;
export type BodyOf<E> = E extends Endpoint<TSchema, infer Body, TSchema> ? ValueOf<Body> : never;
export type OutputOf<E> = E extends Endpoint<TSchema, TSchema, infer Output>
  ? (unknown extends Static<Output> ? void | Reply<unknown> : Static<Output> | Reply<Static<Output>>)
  : never;

/** Declares an endpoint (see docs/guide/adding-an-endpoint.md). */
export function endpoint<Query extends TSchema = TSchema, Body extends TSchema = TSchema, Output extends TSchema = TSchema>(
  spec: EndpointSpec<Query, Body, Output>,
): Endpoint<Query, Body, Output> {
  const [method, path] = spec.route.split(' ', 2) as [Method, string];
  const replies: StatusRange = typeof spec.replies === 'number' ? { [spec.replies]: {} } : spec.replies;
  return {
    spec, method, path,
    parameters: [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string),
    policy: spec.policy as PolicyRule,
    charges: spec.charges ?? {},
    statusAt(version) {
      const holding = Object.entries(replies).find(([, range]) => isWithin(version, range));
      return Number(holding?.[0] ?? 200);
    },
  };
}
