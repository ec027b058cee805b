import { json, unauthenticated, type FaultDialect } from './fault-dialect.js';

/** Neutron's type names where they differ from our class names. */
const TYPES: Partial<Record<string, string>> = { Invalid: 'HTTPBadRequest', NotFound: 'HTTPNotFound', Forbidden: 'PolicyNotAuthorized', OverLimit: 'OverQuota', Conflict: 'Conflict', Unavailable: 'ServiceUnavailable' };

/** Neutron's envelope (network API v2.0, "Faults"). */
export const neutronDialect: FaultDialect = {
  overLimitStatus: 409,
  render({ status, name, message, details }) {
    if (status === 401) return unauthenticated(message);
    const type = TYPES[name] ?? name;
    return json({ NeutronError: { type, message, detail: typeof details?.['detail'] === 'string' ? details['detail'] : '' } });
  },
};
