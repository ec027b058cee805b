import { Inject, Injectable } from '@nestjs/common';
import { Database, fragment, join, onForeignKey, type Fragment, type Reader, type Tx } from '@virga/persistence';
import type { Scope } from '../access/index.js';
import { eui64, formatIp, parseCidr, sizeOf, type Cidr, type IpRange } from '../addresses/index.js';
import { findRow, findRows, listRows, type Collection, type ListRequest } from '../listing/index.js';
import { standardFilters, standardSortable } from '../resources/index.js';
import { SubnetRow } from './subnet.row.js';
import { SubnetInUse, SubnetNotFound, type Subnet } from './subnet.js';

const subnets: Collection = {
  source: fragment`
    SELECT s.id, s.project_id, s.network_id, s.subnetpool_id, s.name, s.ip_version, s.cidr::text AS cidr, host(s.gateway_ip) AS gateway_ip, s.enable_dhcp, s.ipv6_ra_mode,
      s.ipv6_address_mode, s.dns_nameservers, s.host_routes, s.service_types, s.description, s.tags, s.revision_number, s.created_at, s.updated_at,
      n.project_id AS network_project_id, n.is_shared, n.is_external,
      coalesce((SELECT json_agg(json_build_object('start', host(p.first_ip), 'end', host(p.last_ip)) ORDER BY p.first_ip)
        FROM allocation_pool p WHERE p.subnet_id = s.id), '[]') AS allocation_pools
    FROM subnet s JOIN network n ON n.id = s.network_id`,
  filters: {
    ...standardFilters, network_id: 'text', ip_version: 'integer', cidr: 'text', gateway_ip: 'nullable-text', enable_dhcp: 'boolean', subnetpool_id: 'nullable-text',
    ipv6_ra_mode: 'nullable-text', ipv6_address_mode: 'nullable-text', shared: { column: 'is_shared', kind: 'boolean' },
    'router:external': { column: 'is_external', kind: 'boolean' },
    dns_nameservers: 'members',
  },
  sortable: {
    ...standardSortable, network_id: { column: 'network_id' }, ip_version: { column: 'ip_version' }, cidr: { column: 'cidr' }, enable_dhcp: { column: 'enable_dhcp' },
    gateway_ip: { column: 'gateway_ip', isNullable: true }, subnetpool_id: { column: 'subnetpool_id', isNullable: true },
    ipv6_ra_mode: { column: 'ipv6_ra_mode', isNullable: true }, ipv6_address_mode: { column: 'ipv6_address_mode', isNullable: true },
  },
  notFound: (id) => new SubnetNotFound(id),
};

@Injectable()
export class SubnetsRepository {
  constructor(@Inject(Database) private readonly db: Database) {}

  list(request: ListRequest, scope: Scope): Promise<Subnet[]> {
    return listRows<Subnet>(this.db, subnets, request, visible(scope));
  }

  find(reader: Reader, id: string): Promise<Subnet | undefined> {
    return findRow<Subnet>(reader, subnets, id);
  }

  findAll(ids: readonly string[]): Promise<Subnet[]> {
    return findRows<Subnet>(this.db, subnets, ids);
  }

  async insert(tx: Tx, row: SubnetRow, pools: readonly IpRange[]): Promise<void> {
    await tx.insert(SubnetRow, row);
    await this.insertPools(tx, row.id, pools);
  }

  async replacePools(tx: Tx, subnetId: string, pools: readonly IpRange[]): Promise<void> {
    await tx.sql`DELETE FROM allocation_pool WHERE subnet_id = ${subnetId}`;
    await this.insertPools(tx, subnetId, pools);
  }

  /** A subnet of the network with which the CIDR overlaps; the caller holds the network's row. */
  async overlapping(tx: Tx, networkId: string, cidr: string): Promise<string | undefined> {
    const [row] = await tx.sql<{ id: string }>`SELECT id FROM subnet WHERE network_id = ${networkId} AND cidr && ${cidr}::cidr LIMIT 1`;
    return row?.id;
  }

  async cidrsOfPool(tx: Tx, subnetpoolId: string): Promise<string[]> {
    const rows = await tx.sql<{ cidr: string }>`SELECT cidr::text AS cidr FROM subnet WHERE subnetpool_id = ${subnetpoolId}`;
    return rows.map((row) => row.cidr);
  }

  async defaultPool(tx: Tx, version: number): Promise<string | undefined> {
    const [row] = await tx.sql<{ id: string }>`SELECT id FROM subnetpool WHERE is_default AND ip_version = ${version}`;
    return row?.id;
  }

  /** The port that has this address; undefined where it is free. */
  async holderOf(tx: Tx, subnetId: string, ip: string): Promise<string | undefined> {
    const [row] = await tx.sql<{ port_id: string }>`SELECT port_id FROM ip_allocation WHERE subnet_id = ${subnetId} AND ip = ${ip}::inet`;
    return row?.port_id;
  }

  /**
   * Removes the subnet with the addresses that go with it: those of automatic ports, and those that guests give themselves
   * (SLAAC). Answers the ports that lost one. Throws `SubnetInUse` where others have addresses.
   */
  async delete(tx: Tx, subnet: Subnet): Promise<string[]> {
    const isSlaac = subnet.ipv6_address_mode === 'slaac' || subnet.ipv6_address_mode === 'dhcpv6-stateless';
    const freed = await tx.sql<{ port_id: string }>`
      DELETE FROM ip_allocation a USING port p WHERE a.subnet_id = ${subnet.id} AND p.id = a.port_id
        AND (p.device_owner IN ('network:distributed', 'network:dhcp') OR (${isSlaac} AND p.device_owner NOT LIKE 'network:router%')) RETURNING a.port_id`;
    await tx.sql`DELETE FROM subnet WHERE id = ${subnet.id}`.catch(onForeignKey('ip_allocation_subnet', () => new SubnetInUse(subnet.id)));
    return freed.map((row) => row.port_id);
  }

  /** Gives every guest's port of the network the address that its guest will give itself in a new SLAAC subnet; answers those ports. */
  async addAutomaticAddresses(tx: Tx, subnet: { id: string; network_id: string; cidr: string }): Promise<string[]> {
    const cidr = parseCidr(subnet.cidr) as Cidr;
    const ports = await tx.sql<{ id: string; mac_address: string }>`
      SELECT id, mac_address FROM port WHERE network_id = ${subnet.network_id} AND device_owner NOT LIKE 'network:%' ORDER BY id FOR NO KEY UPDATE`;
    const ips = ports.map((port) => formatIp({ version: 6, value: eui64(cidr, port.mac_address) }));
    await tx.sql`
      INSERT INTO ip_allocation (subnet_id, ip, port_id, position)
      SELECT ${subnet.id}, given.ip, given.port_id, 1000 FROM unnest(${ips}::inet[], ${ports.map((port) => port.id)}::text[]) AS given (ip, port_id) ON CONFLICT DO NOTHING`;
    return ports.map((port) => port.id);
  }

  /** Routers with a port in the subnet, and server ports with an address in it. */
  async dependents(tx: Tx, subnetId: string): Promise<{ routers: string[]; serverPorts: string[] }> {
    const [row] = await tx.sql<{ routers: string[]; server_ports: string[] }>`
      SELECT ARRAY(SELECT DISTINCT rp.router_id FROM ip_allocation a JOIN router_port rp ON rp.port_id = a.port_id WHERE a.subnet_id = ${subnetId}) AS routers,
        ARRAY(SELECT DISTINCT p.id FROM ip_allocation a JOIN port p ON p.id = a.port_id WHERE a.subnet_id = ${subnetId} AND p.device_owner LIKE 'compute:%') AS server_ports`;
    return { routers: row?.routers ?? [], serverPorts: row?.server_ports ?? [] };
  }

  private async insertPools(tx: Tx, subnetId: string, pools: readonly IpRange[]): Promise<void> {
    const ip = (version: 4 | 6, value: bigint): string => formatIp({ version, value });
    await tx.sql`
      INSERT INTO allocation_pool (subnet_id, first_ip, last_ip, size)
      SELECT ${subnetId}, first_ip, last_ip, size FROM unnest(
        ${pools.map(({ version, first }) => ip(version, first))}::inet[], ${pools.map(({ version, last }) => ip(version, last))}::inet[], ${pools.map(sizeOf)}::bigint[]
      ) AS pool (first_ip, last_ip, size)`;
  }
}

function visible(scope: Scope): Fragment {
  if (scope.all) return fragment`TRUE`;
  const parts = [
    ...(scope.own === undefined ? [] : [fragment`v.project_id = ${scope.own}`, fragment`v.network_project_id = ${scope.own}`]),
    ...(scope.shared ? [fragment`v.is_shared`] : []),
    ...(scope.external ? [fragment`v.is_external`] : []),
  ];
  return parts.length === 0 ? fragment`FALSE` : fragment`(${join(parts, ' OR ')})`;
}
