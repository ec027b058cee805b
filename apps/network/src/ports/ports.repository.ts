import { Inject, Injectable } from '@nestjs/common';
import { Database, fragment, join, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import type { Scope } from '../access/index.js';
import { canonicalIp } from '../addresses/index.js';
import { findRow, findRows, listRows, InvalidInput, type Collection, type ListRequest } from '../listing/index.js';
import { standardFilters, standardSortable } from '../resources/index.js';
import { PortRow } from './port.row.js';
import { MacAddressInUse, PortNotFound, type Port, type PortFacts } from './port.js';

export const portCollection: Collection = {
  source: fragment`
    SELECT p.*, n.project_id AS network_project_id, n.dns_domain AS network_dns_domain, n.is_shared,
      coalesce((SELECT json_agg(json_build_object('subnet_id', a.subnet_id, 'ip_address', host(a.ip)) ORDER BY a.position, a.ip)
        FROM ip_allocation a WHERE a.port_id = p.id), '[]') AS fixed_ips,
      ARRAY(SELECT g.security_group_id FROM port_security_group g WHERE g.port_id = p.id ORDER BY 1) AS security_groups
    FROM port p JOIN network n ON n.id = p.network_id`,
  filters: {
    ...standardFilters, network_id: 'text', admin_state_up: 'boolean', status: 'text', device_id: 'text', device_owner: 'text', dns_name: 'text',
    mac_address: (values) => fragment`v.mac_address = ANY(${values.map((value) => value.toLowerCase().replaceAll('-', ':'))}::text[])`,
    port_security_enabled: 'boolean', 'binding:host_id': { column: 'host_id', kind: 'text' }, 'binding:vnic_type': { column: 'vnic_type', kind: 'text' },
    security_groups: (values) => fragment`EXISTS (SELECT FROM port_security_group g WHERE g.port_id = v.id AND g.security_group_id = ANY(${values}::text[]))`,
    fixed_ips: fixedIpFilter,
  },
  sortable: {
    ...standardSortable, network_id: { column: 'network_id' }, admin_state_up: { column: 'admin_state_up' }, status: { column: 'status' },
    mac_address: { column: 'mac_address' }, device_id: { column: 'device_id' }, device_owner: { column: 'device_owner' },
  },
  notFound: (id) => new PortNotFound(id),
};

@Injectable()
export class PortsRepository {
  constructor(@Inject(Database) private readonly db: Database) {}

  list(request: ListRequest, scope: Scope): Promise<Port[]> {
    return listRows<Port>(this.db, portCollection, request, visible(scope));
  }

  find(reader: Reader, id: string): Promise<Port | undefined> {
    return findRow<Port>(reader, portCollection, id);
  }

  findAll(ids: readonly string[]): Promise<Port[]> {
    return findRows<Port>(this.db, portCollection, ids);
  }

  async insert(tx: Tx, ports: readonly PortFacts[]): Promise<void> {
    const [first] = ports;
    await tx.insertAll(PortRow, ports).catch(onUnique('port_mac_once', () => new MacAddressInUse(first?.mac_address ?? '', first?.network_id ?? '')));
  }

  async setSecurityGroups(tx: Tx, portId: string, groupIds: readonly string[]): Promise<void> {
    await tx.sql`
      WITH gone AS (DELETE FROM port_security_group WHERE port_id = ${portId} AND NOT security_group_id = ANY(${groupIds}::text[]))
      INSERT INTO port_security_group (port_id, security_group_id) SELECT ${portId}, id FROM unnest(${groupIds}::text[]) AS given (id) ORDER BY id
      ON CONFLICT DO NOTHING`;
  }

  /** Whether a router or a floating IP has it as its own: then it goes with them. What the port says of its owner is anybody's word. */
  async isPartOfRouter(tx: Tx, portId: string): Promise<boolean> {
    const rows = await tx.sql`SELECT FROM router_port WHERE port_id = ${portId} UNION ALL SELECT FROM floatingip WHERE floating_port_id = ${portId} LIMIT 1`;
    return rows.length > 0;
  }

  /** The router that a router's port or a floating IP belongs to, and those that lead floating IPs to a port. */
  async routersOf(tx: Tx, portId: string): Promise<string[]> {
    const rows = await tx.sql<{ router_id: string }>`
      SELECT router_id FROM router_port WHERE port_id = ${portId}
      UNION SELECT router_id FROM floatingip WHERE (port_id = ${portId} OR floating_port_id = ${portId}) AND router_id IS NOT NULL`;
    return rows.map((row) => row.router_id);
  }
}

function fixedIpFilter(values: readonly string[]): Fragment {
  const given = new Map<string, string[]>();
  for (const value of values) {
    const [key = '', text = ''] = value.split('=', 2);
    given.set(key, [...(given.get(key) ?? []), text]);
  }
  const parts = [...given].map(([key, texts]) => {
    switch (key) {
      case 'subnet_id': return fragment`a.subnet_id = ANY(${texts}::text[])`;
      case 'subnet': return fragment`a.subnet_id = ANY(${texts}::text[])`;
      case 'ip_address': return fragment`host(a.ip) = ANY(${texts.map((text) => canonicalIp(text) ?? text)}::text[])`;
      case 'ip_address_substr': return fragment`EXISTS (SELECT FROM unnest(${texts}::text[]) AS piece WHERE strpos(host(a.ip), piece) > 0)`;
      default: throw new InvalidInput(`Invalid input for operation: '${key.slice(0, 40)}' is not a part of fixed_ips to filter by.`);
    }
  });
  return fragment`EXISTS (SELECT FROM ip_allocation a WHERE a.port_id = v.id AND ${join(parts, ' AND ')})`;
}

function visible(scope: Scope): Fragment {
  if (scope.all) return fragment`TRUE`;
  return scope.own === undefined ? fragment`FALSE` : fragment`(v.project_id = ${scope.own} OR v.network_project_id = ${scope.own})`;
}
