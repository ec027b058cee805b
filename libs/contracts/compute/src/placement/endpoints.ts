import type { AnyEndpoint, PolicyRule } from '@virga/contract';
import * as allocations from './allocations.contract.js';
import * as providers from './providers.contract.js';
import { basePlacementRules } from './rules.js';

/** Every endpoint of the placement API, by name. */
export const placementEndpoints: Readonly<Record<string, AnyEndpoint>> = Object.fromEntries([...Object.entries(providers), ...Object.entries(allocations)].filter(isEndpoint));

/** Every rule of the placement API, once. */
export const placementRules: readonly PolicyRule[] = [...new Map([
  ...basePlacementRules,
  ...Object.values(placementEndpoints).flatMap(({ spec }) => (spec.policy === 'public' ? [] : [spec.policy])),
].map((rule) => [rule.name, rule])).values()];

function isEndpoint(entry: [string, unknown]): entry is [string, AnyEndpoint] {
  const [, value] = entry;
  return typeof value === 'object' && value !== null && 'spec' in value && 'statusAt' in value;
}
