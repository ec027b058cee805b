import { endpoint, Nullable, open, T, versionNumber } from '@virga/contract';
import { ADMIN, volumeRule } from './rules.js';

/** Behaviour of pools that changes with the version and is no matter of shapes. */
export const poolVersions = {
  /** Pools can be filtered, and from the second on by volume type. */
  filters: versionNumber('3.28'),
  typeFilter: versionNumber('3.35'),
} as const;

export const getPools = endpoint({
  route: 'GET /scheduler-stats/get_pools', summary: 'List the pools that volumes can be placed in, with `detail` what they can do and hold.',
  query: open({ detail: T.Optional(T.String()), name: T.Optional(T.String()), volume_type: T.Optional(T.String()) }),
  view: T.Object({ pools: T.Array(T.Object({ name: T.String(), capabilities: T.Optional(T.Record(T.String(), T.Unknown())) })) }), replies: 200,
  policy: volumeRule('scheduler_extension:scheduler_stats:get_pools', ADMIN, 'List pools.'), fails: ['block-storage.request.boolean', 'block-storage.volume-type.unknown'],
  cli: { command: 'volume backend pool list', columns: ['name'] },
});
export const showCapabilities = endpoint({
  route: 'GET /capabilities/{host_name}', summary: 'Show what a backend can do.',
  view: T.Object({
    namespace: T.String(), vendor_name: T.String(), volume_backend_name: T.String(), pool_name: Nullable(T.String()), driver_version: T.String(),
    storage_protocol: T.String(), display_name: Nullable(T.String()), description: Nullable(T.String()), visibility: Nullable(T.String()),
    replication_targets: T.Array(T.Unknown()), properties: T.Record(T.String(), T.Object({ title: T.String(), description: T.String(), type: T.String() })),
  }),
  replies: 200, policy: volumeRule('volume_extension:capabilities', ADMIN, 'Show a backend\'s capabilities.'), fails: ['block-storage.backend.unknown'],
  cli: { command: 'volume backend capability show' },
});
export const listZones = endpoint({
  route: 'GET /os-availability-zone', summary: 'List availability zones.',
  view: T.Object({ availabilityZoneInfo: T.Array(T.Object({ zoneName: T.String(), zoneState: T.Object({ available: T.Boolean() }) })) }), replies: 200,
  policy: volumeRule('x:availability-zones:list', '@', 'List availability zones.'), cli: { command: 'availability zone list --volume' },
});
