import { Injectable } from '@nestjs/common';
import type { ServerNic } from '@virga/contracts-network';
import { fragment, type Fragment, type Reader, type Tx } from '@virga/persistence';

/**
 * True of a port `p` that belongs to a server. Users write both columns as they like: an owner without a device, or a device
 * that no server can be called, belongs to none.
 */
const ofServer = fragment`p.device_owner LIKE 'compute:%' AND length(p.device_id) BETWEEN 1 AND 64`;

/** What is known of servers' ports, in the form in which compute is told. */
@Injectable()
export class NicFactsRepository {
  /** The NICs of these servers, in the order in which each server's were made; one statement. */
  ofServers(reader: Reader, serverIds: readonly string[]): Promise<ServerNic[]> {
    return facts(reader, fragment`p.device_id = ANY(${serverIds}) AND ${ofServer}`);
  }

  /** Of these ports, those that belong to servers. */
  ofPorts(reader: Reader, portIds: readonly string[]): Promise<ServerNic[]> {
    return facts(reader, fragment`p.id = ANY(${portIds}) AND ${ofServer}`);
  }

  /** Raises the revisions of those ports that belong to servers, so that what is told of them now is newer than before. */
  async touch(tx: Tx, portIds: readonly string[], now: Date): Promise<string[]> {
    const rows = await tx.sql<{ id: string }>`
      UPDATE port SET revision_number = revision_number + 1, updated_at = ${now}
      WHERE id IN (SELECT p.id FROM port p WHERE p.id = ANY(${portIds}) AND ${ofServer} ORDER BY p.id FOR NO KEY UPDATE) RETURNING id`;
    return rows.map((row) => row.id);
  }
}

async function facts(reader: Reader, chosen: Fragment): Promise<ServerNic[]> {
  const rows = await reader.sql<{ nic: ServerNic }>`
    SELECT json_build_object(
      'portId', p.id, 'revision', p.revision_number, 'serverId', p.device_id, 'networkId', n.id, 'networkName', n.name, 'mac', p.mac_address, 'mtu', n.mtu,
      'status', p.status, 'isPreserved', p.nic_index IS NULL,
      'fixedIps', coalesce((
        SELECT json_agg(json_build_object(
          'subnetId', s.id, 'ip', host(a.ip), 'version', s.ip_version, 'cidr', s.cidr, 'gatewayIp', host(s.gateway_ip), 'dnsNameservers', s.dns_nameservers,
          'floatingIps', ARRAY(SELECT host(f.floating_ip) FROM floatingip f WHERE f.port_id = p.id AND f.fixed_ip = a.ip ORDER BY 1)) ORDER BY a.position, a.ip)
        FROM ip_allocation a JOIN subnet s ON s.id = a.subnet_id WHERE a.port_id = p.id), '[]'),
      'securityGroups', coalesce((
        SELECT json_agg(json_build_object('id', g.id, 'name', g.name) ORDER BY g.name, g.id)
        FROM port_security_group m JOIN security_group g ON g.id = m.security_group_id WHERE m.port_id = p.id), '[]'),
      'metadata', (
        SELECT json_build_object('portId', m.id, 'mac', m.mac_address, 'addresses', (
          SELECT json_agg(host(a.ip) || '/' || masklen(s.cidr) ORDER BY a.position, a.ip) FROM ip_allocation a JOIN subnet s ON s.id = a.subnet_id WHERE a.port_id = m.id))
        FROM port m WHERE m.device_id = 'ovnmeta-' || p.network_id AND m.device_owner = 'network:distributed' AND EXISTS (SELECT FROM ip_allocation a WHERE a.port_id = m.id) LIMIT 1)
    ) AS nic
    FROM port p JOIN network n ON n.id = p.network_id WHERE ${chosen} ORDER BY p.device_id, p.nic_index NULLS LAST, p.created_at, p.id`;
  return rows.map(({ nic }) => nic);
}
