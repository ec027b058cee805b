import { factsOf } from '../scheduling/index.js';
import { bareTime } from '../wire/index.js';
import type { Pool } from './pools.service.js';

const TENTH = 10;

/** What a pool can do and holds, by Cinder's names: what the scheduler goes by, and what is for operators. */
export function poolCapabilities({ state, backend }: Omit<Pool, 'name'>): Record<string, unknown> {
  return {
    ...factsOf(state),
    driver_version: backend.agentVersion, backend_state: state.isUp && state.isAvailable ? 'up' : 'down',
    total_capacity_gb: rounded(state.totalGibibytes), free_capacity_gb: rounded(state.freeGibibytes), provisioned_capacity_gb: rounded(state.provisionedGibibytes),
    allocated_capacity_gb: rounded(state.provisionedGibibytes), reserved_percentage: state.reservedPercentage,
    max_over_subscription_ratio: String(state.maxOverSubscriptionRatio), total_volumes: state.volumeCount,
    location_info: `${backend.kind}:${backend.name}`, replication_enabled: false, filter_function: null, goodness_function: null, timestamp: bareTime(new Date(backend.seenAt)),
  };
}

function rounded(gibibytes: number): number {
  return Math.round(gibibytes * TENTH) / TENTH;
}
