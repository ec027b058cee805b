import { json, unauthenticated, type FaultDialect } from './fault-dialect.js';

/** Cinder's names of faults by status, which it took from Nova (block storage API v3, "Faults"). */
const NAMES: Record<number, string> = {
  400: 'badRequest', 401: 'unauthorized', 403: 'forbidden', 404: 'itemNotFound', 405: 'badMethod', 409: 'conflictingRequest', 413: 'overLimit',
  415: 'badMediaType', 429: 'overLimit', 501: 'notImplemented', 503: 'serviceUnavailable',
};

/** A quota does not empty itself: there is nothing to wait for, and clients look for the field. */
const RETRY_AFTER = '0';

export const cinderDialect: FaultDialect = {
  overLimitStatus: 413,
  render({ status, message }) {
    if (status === 401) return unauthenticated(message);
    const fault = { code: status, message, ...((status === 413 || status === 429) && { retryAfter: RETRY_AFTER }) };
    return json({ [NAMES[status] ?? 'computeFault']: fault }, status === 413 ? { 'retry-after': RETRY_AFTER } : {});
  },
};
