import { Inject, Injectable } from '@nestjs/common';
import { Database, fragment, type Reader, type Tx } from '@virga/persistence';

export interface CandidateNetwork {
  id: string;
  project_id: string;
  is_shared: boolean;
  is_external: boolean;
  port_security_enabled: boolean;
  cidrs: string[];
}

export interface CandidatePort {
  id: string;
  project_id: string;
  network_id: string;
  device_id: string;
  has_ip: boolean;
}

/** A port that belongs to a server, or is about to. */
export interface ServerPort {
  id: string;
  project_id: string;
  network_id: string;
  device_id: string;
  device_owner: string;
  host_id: string;
  nic_index: number | null;
  revision_number: number;
}

/** Questions about servers' ports. */
@Injectable()
export class ServerPortsRepository {
  constructor(@Inject(Database) private readonly db: Database) {}

  networks(ids: readonly string[]): Promise<CandidateNetwork[]> {
    return this.db.sql<CandidateNetwork>`
      SELECT n.id, n.project_id, n.is_shared, n.is_external, n.port_security_enabled, ARRAY(SELECT s.cidr::text FROM subnet s WHERE s.network_id = n.id) AS cidrs
      FROM network n WHERE n.id = ANY(${ids})`;
  }

  /** The networks that a server of the project can be on without naming one: its own, else shared ones; at most two, since two are too many. */
  usualNetworks(project: string): Promise<CandidateNetwork[]> {
    return this.db.sql<CandidateNetwork>`
      WITH usable AS (
        SELECT n.*, (n.project_id = ${project}) AS is_own FROM network n
        WHERE (n.project_id = ${project} OR n.is_shared) AND NOT n.is_external AND n.admin_state_up AND EXISTS (SELECT FROM subnet s WHERE s.network_id = n.id))
      SELECT u.id, u.project_id, u.is_shared, u.is_external, u.port_security_enabled, ARRAY(SELECT s.cidr::text FROM subnet s WHERE s.network_id = u.id) AS cidrs
      FROM usable u WHERE u.is_own OR NOT EXISTS (SELECT FROM usable WHERE is_own) ORDER BY u.id LIMIT 2`;
  }

  ports(ids: readonly string[]): Promise<CandidatePort[]> {
    return this.db.sql<CandidatePort>`
      SELECT p.id, p.project_id, p.network_id, p.device_id, EXISTS (SELECT FROM ip_allocation a WHERE a.port_id = p.id) AS has_ip FROM port p WHERE p.id = ANY(${ids})`;
  }

  /** Which of these addresses ports on the networks have. */
  async takenIps(networkIds: readonly string[], ips: readonly string[]): Promise<Set<string>> {
    const rows = await this.db.sql<{ key: string }>`
      SELECT s.network_id || ' ' || host(a.ip) AS key FROM ip_allocation a JOIN subnet s ON s.id = a.subnet_id
      WHERE s.network_id = ANY(${networkIds}) AND a.ip = ANY(${ips}::inet[])`;
    return new Set(rows.map((row) => row.key));
  }

  /** One call at a time for each server, until the transaction ends. */
  async lockServer(tx: Tx, serverId: string): Promise<void> {
    await tx.sql`SELECT pg_advisory_xact_lock(hashtextextended(${`ports of server ${serverId}`}, 0))`;
  }

  /** The server's ports and those that are to become its, locked. */
  lockPorts(tx: Tx, serverId: string, portIds: readonly string[]): Promise<ServerPort[]> {
    return tx.sql<ServerPort>`
      SELECT id, project_id, network_id, device_id, device_owner, host_id, nic_index, revision_number FROM port
      WHERE (device_id = ${serverId} AND device_owner LIKE 'compute:%') OR id = ANY(${portIds}) ORDER BY id FOR NO KEY UPDATE`;
  }

  /** The ports are the server's and on its host. */
  async bind(tx: Tx, portIds: readonly string[], to: { serverId: string; owner: string; host: string }, now: Date): Promise<void> {
    await tx.sql`
      UPDATE port SET device_id = ${to.serverId}, device_owner = ${to.owner}, host_id = ${to.host}, revision_number = revision_number + 1, updated_at = ${now}
      WHERE id = ANY(${portIds})`;
  }

  /** The ports are nobody's and on no host. */
  async unbind(tx: Tx, portIds: readonly string[], now: Date): Promise<void> {
    await tx.sql`
      UPDATE port SET device_id = '', device_owner = '', host_id = '', binding_profile = '{}', nic_index = NULL, revision_number = revision_number + 1, updated_at = ${now}
      WHERE id = ANY(${portIds})`;
  }

  async serversWithPorts(reader: Reader, after: string | null, limit: number): Promise<string[]> {
    const later = after === null ? fragment`TRUE` : fragment`device_id > ${after}`;
    const rows = await reader.sql<{ device_id: string }>`
      SELECT DISTINCT device_id FROM port WHERE length(device_id) BETWEEN 1 AND 64 AND device_id <> '' AND device_owner LIKE 'compute:%' AND ${later} ORDER BY device_id LIMIT ${limit}`;
    return rows.map((row) => row.device_id);
  }
}
