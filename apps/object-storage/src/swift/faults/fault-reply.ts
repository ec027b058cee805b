import { Fault, type FaultKind } from '@virga/kernel';
import type { FrontReply } from '../../front/index.js';
import { QUOTA_EXCEEDED } from '../../quotas/index.js';
import { reasonPage } from './reasons.js';
import { SwiftFault } from './swift-fault.js';

const STATUSES: Readonly<Record<FaultKind, number>> = {
  invalid: 400, unauthenticated: 401, forbidden: 403, 'not-found': 404, conflict: 409, 'over-limit': 413, unavailable: 503, bug: 500,
};

const WORDED: ReadonlySet<string> = new Set([QUOTA_EXCEEDED, 'object-storage.rate.exceeded', 'object-storage.account.blocked']);

/** Any failure as an answer: Swift's words where they were chosen, the page of its status elsewhere; nothing of a failure that is ours. */
export function faultReply(error: unknown, method: string): FrontReply {
  const fault = asSwiftFault(error);
  const body = fault.words ?? reasonPage(fault.status);
  const headers: Record<string, string> = { 'content-type': fault.contentType, ...fault.headers };
  if (method === 'HEAD' || body === '') return { status: fault.status, headers: { ...headers, 'content-length': '0' } };
  return { status: fault.status, headers, body };
}

/** Any failure as Swift would tell it: a page and a status. */
export function asSwiftFault(error: unknown): SwiftFault {
  if (error instanceof SwiftFault) return error;
  if (error instanceof Fault) return new SwiftFault(error.status ?? STATUSES[error.kind], isWorded(error) ? error.message : undefined);
  return new SwiftFault(isDisconnect(error) ? 499 : 500);
}

/** Whose message is what Swift says, or the caller's only hint. */
function isWorded({ kind, code }: Fault): boolean {
  return kind === 'invalid' || WORDED.has(code);
}

/** The client went away in the middle of its body. */
function isDisconnect(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || ('code' in error && (error.code === 'ECONNRESET' || error.code === 'ABORT_ERR')));
}
