import { Operations } from './ovsdb/operations.js';
import type { Row } from './ovsdb/columns.js';
import type { Replica } from './ovsdb/replica.js';

/**
 * The tables and columns of OVN_Northbound that we read or write (ovn-nb(5), schema 7.0; later schemas have them too).
 * What only others write is here where we watch it: `Logical_Switch_Port.up`, `NB_Global.nb_cfg`.
 */
export const northbound = {
  NB_Global: { nb_cfg: 'integer' },
  Logical_Switch: { name: 'string', ports: 'uuid*', acls: 'uuid*', dns_records: 'uuid*', external_ids: 'map' },
  Logical_Switch_Port: {
    name: 'string', type: 'string', options: 'map', tag: 'integer?', addresses: 'string*', port_security: 'string*', up: 'boolean?',
    enabled: 'boolean?', dhcpv4_options: 'uuid?', dhcpv6_options: 'uuid?', external_ids: 'map',
  },
  DHCP_Options: { cidr: 'string', options: 'map', external_ids: 'map' },
  DNS: { records: 'map', external_ids: 'map' },
  Logical_Router: {
    name: 'string', ports: 'uuid*', static_routes: 'uuid*', nat: 'uuid*', enabled: 'boolean?', options: 'map', external_ids: 'map',
  },
  Logical_Router_Port: {
    name: 'string', mac: 'string', networks: 'string*', enabled: 'boolean?', options: 'map', ipv6_ra_configs: 'map',
    gateway_chassis: 'uuid*', external_ids: 'map',
  },
  Gateway_Chassis: { name: 'string', chassis_name: 'string', priority: 'integer', external_ids: 'map' },
  Logical_Router_Static_Route: { ip_prefix: 'string', nexthop: 'string', output_port: 'string?', external_ids: 'map' },
  NAT: { type: 'string', external_ip: 'string', logical_ip: 'string', external_mac: 'string?', logical_port: 'string?', external_ids: 'map' },
  Port_Group: { name: 'string', ports: 'uuid*', acls: 'uuid*', external_ids: 'map' },
  ACL: { direction: 'string', priority: 'integer', match: 'string', action: 'string', external_ids: 'map' },
  Copp: { name: 'string', external_ids: 'map' },
} as const;

export type Northbound = typeof northbound;
export type NbTable = keyof Northbound;
/** The tables whose rows carry our marks. */
export type MarkedTable = Exclude<NbTable, 'NB_Global'>;
export type NbRow<Table extends NbTable> = Row<Northbound[Table]>;
export type NbReplica = Replica<Northbound>;

export const nb = new Operations(northbound);

/** Rows of these tables live until they are deleted; all others vanish with the last reference to them. */
export const rootTables: ReadonlySet<string> = new Set<MarkedTable>(['Logical_Switch', 'DHCP_Options', 'DNS', 'Logical_Router', 'Port_Group', 'Copp']);

/** Columns that others write, and those that many units write together, element by element (`Link`): not part of a compiled row. */
type Unmanaged = {
  NB_Global: 'nb_cfg';
  Logical_Switch: 'ports' | 'dns_records';
  Logical_Switch_Port: 'up';
  Port_Group: 'ports';
};
export type ManagedColumns<Table extends NbTable> = Omit<NbRow<Table>, Table extends keyof Unmanaged ? Unmanaged[Table] : never>;

/** The columns that are shared by units: a unit owns the elements that name its rows, and no others. */
export const linkColumns = [
  ['Logical_Switch', 'ports'], ['Logical_Switch', 'dns_records'], ['Port_Group', 'ports'],
] as const satisfies readonly (readonly [NbTable, string])[];
