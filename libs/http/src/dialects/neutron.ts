import type { FaultKind } from '@virga/kernel';
import { json, unauthenticated, type FaultDialect } from './fault-dialect.js';

/** Neutron's type names where they differ from our class names. */
const TYPES: Partial<Record<string, string>> = { Invalid: 'HTTPBadRequest', NotFound: 'HTTPNotFound', Forbidden: 'PolicyNotAuthorized' };

/** And for whole kinds, whatever our class is called. */
const KINDS: Partial<Record<FaultKind, string>> = { 'over-limit': 'OverQuota', unavailable: 'ServiceUnavailable' };

/** Neutron's envelope (network API v2.0, "Faults"). */
export const neutronDialect: FaultDialect = {
  overLimitStatus: 409,
  render({ status, kind, name, message, details }) {
    if (status === 401) return unauthenticated(message);
    const type = KINDS[kind] ?? TYPES[name] ?? name;
    return json({ NeutronError: { type, message, detail: typeof details?.['detail'] === 'string' ? details['detail'] : '' } });
  },
};
