import { Inject, Injectable } from '@nestjs/common';
import { Database, fragment, join, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import type { Scope } from '../access/index.js';
import { findRow, findRows, listRows, type Collection, type ListRequest } from '../listing/index.js';
import { standardFilters, standardSortable } from '../resources/index.js';
import { NetworkNotFound, FlatNetworkInUse, type Network } from './network.js';
import { NetworkRow } from './network.row.js';

/** Ports that go with their network. */
export const AUTOMATIC_OWNERS = ['network:distributed', 'network:dhcp'];

export const networkCollection: Collection = {
  source: fragment`
    SELECT n.*, ARRAY(SELECT s.id FROM subnet s WHERE s.network_id = n.id ORDER BY s.created_at, s.id) AS subnets, coalesce(r.realized_revision > 0, false) AS is_realized,
      CASE WHEN r.realized_revision > 0 THEN 'ACTIVE' ELSE 'BUILD' END AS status
    FROM network n LEFT JOIN realization r ON r.kind = 'network' AND r.id = n.id`,
  filters: {
    ...standardFilters, admin_state_up: 'boolean', shared: { column: 'is_shared', kind: 'boolean' }, 'router:external': { column: 'is_external', kind: 'boolean' },
    is_default: 'boolean', mtu: 'integer', status: 'text', dns_domain: 'text', port_security_enabled: 'boolean', subnets: 'members',
    availability_zone_hints: 'members',
    'provider:network_type': { column: 'network_type', kind: 'text' }, 'provider:physical_network': { column: 'physical_network', kind: 'nullable-text' },
    'provider:segmentation_id': { column: 'segmentation_id', kind: 'integer' },
  },
  sortable: {
    ...standardSortable, admin_state_up: { column: 'admin_state_up' }, status: { column: 'status' }, mtu: { column: 'mtu' },
    shared: { column: 'is_shared' }, 'router:external': { column: 'is_external' },
    'provider:network_type': { column: 'network_type' }, 'provider:physical_network': { column: 'physical_network', isNullable: true },
    'provider:segmentation_id': { column: 'segmentation_id', isNullable: true },
  },
  notFound: (id) => new NetworkNotFound(id),
};

@Injectable()
export class NetworksRepository {
  constructor(@Inject(Database) private readonly db: Database) {}

  list(request: ListRequest, scope: Scope): Promise<Network[]> {
    return listRows<Network>(this.db, networkCollection, request, visible(scope));
  }

  find(reader: Reader, id: string): Promise<Network | undefined> {
    return findRow<Network>(reader, networkCollection, id);
  }

  findAll(ids: readonly string[]): Promise<Network[]> {
    return findRows<Network>(this.db, networkCollection, ids);
  }

  async insert(tx: Tx, networks: readonly NetworkRow[]): Promise<void> {
    await tx.insertAll(NetworkRow, networks)
      .catch(onUnique('network_flat_once', () => new FlatNetworkInUse())).catch(onUnique('network_segment_once', () => new FlatNetworkInUse()));
  }

  async nextSegment(tx: Tx): Promise<number> {
    const [row] = await tx.sql<{ id: number }>`
      SELECT id FROM (SELECT nextval('geneve_segment') AS id FROM generate_series(1, 64)) AS next
      WHERE NOT EXISTS (SELECT FROM network n WHERE n.network_type = 'geneve' AND n.segmentation_id = next.id) LIMIT 1`;
    return row?.id ?? 0;
  }

  /** Whether it has ports that do not go with it; floating IPs that lead nowhere do. */
  async isInUse(tx: Tx, id: string): Promise<boolean> {
    const rows = await tx.sql`
      SELECT FROM port p WHERE p.network_id = ${id} AND NOT p.device_owner = ANY(${AUTOMATIC_OWNERS})
        AND NOT EXISTS (SELECT FROM floatingip f WHERE f.floating_port_id = p.id AND f.port_id IS NULL) LIMIT 1`;
    return rows.length > 0;
  }

  /** Removes the floating IPs, ports and subnets that go with a network; answers the ids of ports and subnets. */
  async deleteParts(tx: Tx, id: string): Promise<{ ports: string[]; subnets: string[] }> {
    await tx.sql`DELETE FROM floatingip WHERE floating_network_id = ${id} AND port_id IS NULL`;
    await tx.sql`DELETE FROM port WHERE network_id = ${id} AND device_owner = 'network:floatingip' AND NOT EXISTS (SELECT FROM floatingip f WHERE f.floating_port_id = port.id)`;
    const ports = await tx.sql<{ id: string }>`DELETE FROM port WHERE network_id = ${id} AND device_owner = ANY(${AUTOMATIC_OWNERS}) RETURNING id`;
    const subnets = await tx.sql<{ id: string }>`DELETE FROM subnet WHERE network_id = ${id} RETURNING id`;
    return { ports: ports.map((port) => port.id), subnets: subnets.map((subnet) => subnet.id) };
  }

  /** What the backend must be told of when the network's MTU or domain changes. */
  async dependents(tx: Tx, id: string): Promise<{ subnets: string[]; routers: string[]; serverPorts: string[] }> {
    const [row] = await tx.sql<{ subnets: string[]; routers: string[]; server_ports: string[] }>`
      SELECT ARRAY(SELECT s.id FROM subnet s WHERE s.network_id = ${id}) AS subnets,
        ARRAY(SELECT DISTINCT rp.router_id FROM router_port rp JOIN port p ON p.id = rp.port_id WHERE p.network_id = ${id}) AS routers,
        ARRAY(SELECT p.id FROM port p WHERE p.network_id = ${id} AND p.device_owner LIKE 'compute:%') AS server_ports`;
    return { subnets: row?.subnets ?? [], routers: row?.routers ?? [], serverPorts: row?.server_ports ?? [] };
  }

  /** Whether another project has ports on it: it cannot stop being shared then. */
  async isUsedByOthers(tx: Tx, network: { id: string; project_id: string }): Promise<boolean> {
    const rows = await tx.sql`
      SELECT FROM port WHERE network_id = ${network.id} AND project_id NOT IN (${network.project_id}, '') AND device_owner NOT LIKE 'network:%' LIMIT 1`;
    return rows.length > 0;
  }

  /** Whether routers have their gateway on it, or floating IPs come from it. */
  async isExternalInUse(tx: Tx, id: string): Promise<boolean> {
    const rows = await tx.sql`SELECT FROM port WHERE network_id = ${id} AND device_owner IN ('network:router_gateway', 'network:floatingip') LIMIT 1`;
    return rows.length > 0;
  }
}

function visible(scope: Scope): Fragment {
  if (scope.all) return fragment`TRUE`;
  const parts = [
    ...(scope.own === undefined ? [] : [fragment`v.project_id = ${scope.own}`]),
    ...(scope.shared ? [fragment`v.is_shared`] : []),
    ...(scope.external ? [fragment`v.is_external`] : []),
  ];
  return parts.length === 0 ? fragment`FALSE` : fragment`(${join(parts, ' OR ')})`;
}
