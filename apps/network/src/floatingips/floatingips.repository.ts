import { Inject, Injectable } from '@nestjs/common';
import { Database, fragment, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import type { Scope } from '../access/index.js';
import { findRow, listRows, type Collection, type ListRequest } from '../listing/index.js';
import { namelessFilters, namelessSortable } from '../resources/index.js';
import { FloatingIpRow } from './floatingip.row.js';
import { FloatingIPNotFound, FloatingIPPortAlreadyAssociated, type Association, type FloatingIp } from './floatingip.js';

const floatingIps: Collection = {
  source: fragment`
    SELECT f.id, f.project_id, f.floating_network_id, host(f.floating_ip) AS floating_ip, f.floating_port_id, f.port_id, host(f.fixed_ip) AS fixed_ip, f.router_id, f.status,
      f.dns_name, f.dns_domain, f.description, f.tags, f.revision_number, f.created_at, f.updated_at,
      CASE WHEN p.id IS NOT NULL THEN json_build_object('name', p.name, 'network_id', p.network_id, 'mac_address', p.mac_address, 'admin_state_up', p.admin_state_up,
        'status', p.status, 'device_id', p.device_id, 'device_owner', p.device_owner) END AS port_details
    FROM floatingip f LEFT JOIN port p ON p.id = f.port_id`,
  filters: {
    ...namelessFilters, floating_network_id: 'text', floating_ip_address: { column: 'floating_ip', kind: 'text' }, fixed_ip_address: { column: 'fixed_ip', kind: 'nullable-text' },
    port_id: 'nullable-text', router_id: 'nullable-text', status: 'text', dns_name: 'text', dns_domain: 'text',
  },
  sortable: {
    ...namelessSortable, floating_network_id: { column: 'floating_network_id' }, floating_ip_address: { column: 'floating_ip' }, status: { column: 'status' },
    fixed_ip_address: { column: 'fixed_ip', isNullable: true }, port_id: { column: 'port_id', isNullable: true }, router_id: { column: 'router_id', isNullable: true },
  },
  notFound: (id) => new FloatingIPNotFound(id),
};

/** A router by which a port can be reached from an external network. */
interface Way {
  router_id: string;
  subnet_id: string;
}

export interface FloatingIpPool {
  subnet_id: string;
  subnet_name: string;
  cidr: string;
  network_id: string;
  project_id: string;
}

@Injectable()
export class FloatingIpsRepository {
  constructor(@Inject(Database) private readonly db: Database) {}

  list(request: ListRequest, scope: Scope): Promise<FloatingIp[]> {
    return listRows<FloatingIp>(this.db, floatingIps, request, visible(scope));
  }

  find(reader: Reader, id: string): Promise<FloatingIp | undefined> {
    return findRow<FloatingIp>(reader, floatingIps, id);
  }

  async insert(tx: Tx, row: FloatingIpRow): Promise<void> {
    await tx.insert(FloatingIpRow, row);
  }

  async associate(tx: Tx, floating: FloatingIp, to: Association | undefined, now: Date): Promise<void> {
    await tx.sql`
      UPDATE floatingip SET port_id = ${to?.port_id ?? null}, fixed_ip = ${to?.fixed_ip ?? null}::inet, router_id = ${to?.router_id ?? null},
        status = ${to === undefined ? 'DOWN' : 'ACTIVE'}, revision_number = revision_number + 1, updated_at = ${now}
      WHERE id = ${floating.id}`
      .catch(onUnique('floatingip_fixed_once', () => new FloatingIPPortAlreadyAssociated(floating, to?.port_id ?? '', to?.fixed_ip ?? '')));
  }

  /** The routers that connect the address's subnet with the external network; the one that is the subnet's gateway first. */
  ways(tx: Tx, portId: string, fixedIp: string, externalNetworkId: string): Promise<Way[]> {
    return tx.sql<Way>`
      SELECT inside.router_id, s.id AS subnet_id
      FROM ip_allocation a JOIN subnet s ON s.id = a.subnet_id
        JOIN ip_allocation ra ON ra.subnet_id = s.id JOIN router_port inside ON inside.port_id = ra.port_id AND inside.role = 'interface'
        JOIN router_port outside ON outside.router_id = inside.router_id AND outside.role = 'gateway'
        JOIN port g ON g.id = outside.port_id AND g.network_id = ${externalNetworkId}
      WHERE a.port_id = ${portId} AND a.ip = ${fixedIp}::inet
      ORDER BY (ra.ip = s.gateway_ip) IS TRUE DESC, inside.router_id`;
  }

  async subnetOf(tx: Tx, portId: string, fixedIp: string): Promise<string> {
    const [row] = await tx.sql<{ subnet_id: string }>`SELECT subnet_id FROM ip_allocation WHERE port_id = ${portId} AND ip = ${fixedIp}::inet`;
    return row?.subnet_id ?? '';
  }

  async hasIpv4Subnet(tx: Tx, networkId: string): Promise<boolean> {
    const rows = await tx.sql`SELECT FROM subnet WHERE network_id = ${networkId} AND ip_version = 4 LIMIT 1`;
    return rows.length > 0;
  }

  pools(project: string): Promise<FloatingIpPool[]> {
    return this.db.sql<FloatingIpPool>`
      SELECT s.id AS subnet_id, s.name AS subnet_name, s.cidr::text AS cidr, s.network_id, ${project}::text AS project_id
      FROM subnet s JOIN network n ON n.id = s.network_id WHERE n.is_external AND s.ip_version = 4 ORDER BY s.name, s.id`;
  }
}

function visible(scope: Scope): Fragment {
  if (scope.all) return fragment`TRUE`;
  return scope.own === undefined ? fragment`FALSE` : fragment`v.project_id = ${scope.own}`;
}
