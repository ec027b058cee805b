import type { Replica } from './ovsdb/replica.js';

/** The tables and columns of OVN_Southbound that we read (ovn-sb(5)). */
export const southbound = {
  SB_Global: { nb_cfg: 'integer' },
  Chassis: { name: 'string', hostname: 'string', external_ids: 'map', other_config: 'map' },
  Chassis_Private: { name: 'string', nb_cfg: 'integer' },
} as const;

export type Southbound = typeof southbound;
export type SbReplica = Replica<Southbound>;
