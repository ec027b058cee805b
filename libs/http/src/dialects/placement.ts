import { STATUS_CODES } from 'node:http';
import { json, unauthenticated, type FaultDialect } from './fault-dialect.js';

/** Placement's codes that clients look at (placement API reference, "Errors"). */
const CODES: Partial<Record<string, string>> = {
  'placement.generation.conflict': 'placement.concurrent_update',
  'placement.inventory.in-use': 'placement.inventory.inuse',
  'placement.provider.name-taken': 'placement.duplicate_name',
  'placement.provider.in-use': 'placement.resource_provider.inuse',
  'placement.provider.has-children': 'placement.resource_provider.cannot_delete_parent',
};

/** Placement's envelope (api-wg errors guideline). */
export const placementDialect: FaultDialect = {
  overLimitStatus: 403,
  render({ status, code, message, requestId, details }) {
    if (status === 401) return unauthenticated(message);
    const error = {
      status, title: STATUS_CODES[status] ?? 'Error', detail: message, code: CODES[code] ?? 'placement.undefined_code', request_id: requestId,
      ...(status === 406 && details !== undefined && { min_version: details['min_version'], max_version: details['max_version'] }),
    };
    return json({ errors: [error] });
  },
};
