import { Inject, Injectable } from '@nestjs/common';
import { Database, fragment, onForeignKey, type Fragment, type Reader, type Tx } from '@virga/persistence';
import type { Scope } from '../access/index.js';
import { findRow, listRows, type Collection, type ListRequest } from '../listing/index.js';
import { standardFilters, standardSortable } from '../resources/index.js';
import { RouterRow } from './router.row.js';
import { RouterInUse, RouterNotFound, type Router } from './router.js';

const routers: Collection = {
  source: fragment`
    SELECT o.*, CASE WHEN u.realized_revision > 0 THEN 'ACTIVE' ELSE 'BUILD' END AS status,
      (SELECT json_build_object('port_id', p.id, 'network_id', p.network_id, 'external_fixed_ips', coalesce((
          SELECT json_agg(json_build_object('subnet_id', a.subnet_id, 'ip_address', host(a.ip)) ORDER BY a.position, a.ip) FROM ip_allocation a WHERE a.port_id = p.id), '[]'))
        FROM router_port rp JOIN port p ON p.id = rp.port_id WHERE rp.router_id = o.id AND rp.role = 'gateway') AS gateway
    FROM router o LEFT JOIN realization u ON u.kind = 'router' AND u.id = o.id`,
  filters: {
    ...standardFilters, admin_state_up: 'boolean', status: 'text', distributed: { column: 'is_distributed', kind: 'boolean' }, ha: { column: 'is_ha', kind: 'boolean' },
    availability_zone_hints: 'members',
    flavor_id: (values) => (values.includes('') ? fragment`TRUE` : fragment`FALSE`),
  },
  sortable: { ...standardSortable, admin_state_up: { column: 'admin_state_up' }, status: { column: 'status' } },
  notFound: (id) => new RouterNotFound(id),
};

/** A port that is part of a router, with one of its addresses. */
export interface RouterAddress {
  port_id: string;
  network_id: string;
  role: 'interface' | 'gateway';
  subnet_id: string;
  cidr: string;
  ip: string;
}

@Injectable()
export class RoutersRepository {
  constructor(@Inject(Database) private readonly db: Database) {}

  list(request: ListRequest, scope: Scope): Promise<Router[]> {
    return listRows<Router>(this.db, routers, request, visible(scope));
  }

  find(reader: Reader, id: string): Promise<Router | undefined> {
    return findRow<Router>(reader, routers, id);
  }

  async insert(tx: Tx, router: RouterRow): Promise<void> {
    await tx.insert(RouterRow, router);
  }

  async addPort(tx: Tx, routerId: string, portId: string, role: 'interface' | 'gateway'): Promise<void> {
    await tx.sql`INSERT INTO router_port (port_id, router_id, role) VALUES (${portId}, ${routerId}, ${role})`;
  }

  async removePort(tx: Tx, portId: string): Promise<void> {
    await tx.sql`DELETE FROM router_port WHERE port_id = ${portId}`;
  }

  addresses(tx: Tx, routerId: string): Promise<RouterAddress[]> {
    return tx.sql<RouterAddress>`
      SELECT rp.port_id, p.network_id, rp.role, s.id AS subnet_id, s.cidr::text AS cidr, host(a.ip) AS ip
      FROM router_port rp JOIN port p ON p.id = rp.port_id JOIN ip_allocation a ON a.port_id = p.id JOIN subnet s ON s.id = a.subnet_id
      WHERE rp.router_id = ${routerId} ORDER BY rp.role, p.id, a.position`;
  }

  async hasInterfaces(tx: Tx, routerId: string): Promise<boolean> {
    const rows = await tx.sql`SELECT FROM router_port WHERE router_id = ${routerId} AND role = 'interface' LIMIT 1`;
    return rows.length > 0;
  }

  /** Whether floating IPs are led through the router, to the subnet where one is given. */
  async leadsFloatingIps(tx: Tx, routerId: string, subnetId?: string): Promise<boolean> {
    const inSubnet = subnetId === undefined ? fragment`TRUE`
      : fragment`EXISTS (SELECT FROM ip_allocation a WHERE a.port_id = f.port_id AND a.ip = f.fixed_ip AND a.subnet_id = ${subnetId})`;
    const rows = await tx.sql`SELECT FROM floatingip f WHERE f.router_id = ${routerId} AND ${inSubnet} LIMIT 1`;
    return rows.length > 0;
  }

  /** Makes a port that was a guest's one of the router's: without groups, and no unit of its own any more. */
  async adoptPort(tx: Tx, routerId: string, portId: string, now: Date): Promise<void> {
    await tx.sql`DELETE FROM port_security_group WHERE port_id = ${portId}`;
    await tx.sql`
      UPDATE port SET device_id = ${routerId}, device_owner = 'network:router_interface', port_security_enabled = false, allowed_address_pairs = '[]', status = 'ACTIVE',
        revision_number = revision_number + 1, updated_at = ${now} WHERE id = ${portId}`;
  }

  async delete(tx: Tx, id: string): Promise<void> {
    await tx.sql`DELETE FROM router WHERE id = ${id}`.catch(onForeignKey('router_port_router', () => new RouterInUse(id)));
  }
}

function visible(scope: Scope): Fragment {
  if (scope.all) return fragment`TRUE`;
  return scope.own === undefined ? fragment`FALSE` : fragment`v.project_id = ${scope.own}`;
}
