import type { FaultKind } from '@virga/kernel';

/** What a dialect is told of a failure: already safe to show. */
export interface PublicFailure {
  status: number;
  kind: FaultKind;
  /** The fault's class name, for dialects that show a type. */
  name: string;
  code: string;
  message: string;
  details: Record<string, unknown> | undefined;
  requestId: string;
  /** The request's Accept header. */
  accept: string;
}

export interface RenderedFault {
  contentType: string;
  body: string;
  headers?: Record<string, string>;
}

/** How one service words its failures. The only place where a fault becomes HTTP. */
export interface FaultDialect {
  /** The status of a quota failure: the services disagree. */
  readonly overLimitStatus: number;
  render(failure: PublicFailure): RenderedFault;
}

/** The status of a fault of some kind where the fault itself does not say. */
export function statusOf(kind: FaultKind, dialect: FaultDialect): number {
  const statuses: Record<FaultKind, number> = {
    invalid: 400, unauthenticated: 401, forbidden: 403, 'not-found': 404, conflict: 409,
    'over-limit': dialect.overLimitStatus, unavailable: 503, bug: 500,
  };
  return statuses[kind];
}

export function json(body: unknown, headers: Record<string, string> = {}): RenderedFault {
  return { contentType: 'application/json', body: JSON.stringify(body), headers };
}

/** What keystonemiddleware answers in front of every service. */
export function unauthenticated(message: string): RenderedFault {
  return json({ error: { message, code: 401, title: 'Unauthorized' } });
}
