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
    return json({ NeutronError: { type, message: kind === 'over-limit' ? overQuota(message, details) : message, detail: typeof details?.['detail'] === 'string' ? details['detail'] : '' } });
  },
};

/** Clients look for these words, and for the resources' names as Python writes a list. */
function overQuota(message: string, details: Record<string, unknown> | undefined): string {
  const names = Object.keys((details?.['resources'] as object | undefined) ?? {});
  return names.length === 0 ? message : `Quota exceeded for resources: [${names.map((name) => `'${name}'`).join(', ')}]. ${message}`;
}
