import { json, unauthenticated, type FaultDialect } from './fault-dialect.js';

/** Nova's names of faults by status (compute API guide, "Faults"). */
const NAMES: Record<number, string> = {
  400: 'badRequest', 403: 'forbidden', 404: 'itemNotFound', 405: 'badMethod', 409: 'conflictingRequest', 413: 'overLimit',
  415: 'badMediaType', 429: 'overLimit', 501: 'notImplemented', 503: 'serviceUnavailable',
};

export const novaDialect: FaultDialect = {
  overLimitStatus: 403,
  render({ status, message }) {
    if (status === 401) return unauthenticated(message);
    return json({ [NAMES[status] ?? 'computeFault']: { code: status, message } });
  },
};
