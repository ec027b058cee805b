import { Injectable } from '@nestjs/common';
import { Invalid, only } from '@virga/kernel';
import { type Fragment, type KeysetColumn, type Reader, StatementFailed, all, fragment, keyset, markerValues } from '@virga/persistence';
import type { Flavor } from '../flavors/index.js';
import { zoneOf } from '../hosts/index.js';
import type { ShownNic } from '../interfaces/index.js';
import type { ServerRow } from './server.row.js';
import type { Server, ServerFault, ServerState, ServerTask } from './server.js';

/** A server with all that a reply shows: the user's wish, our state, and what network and hosts say. */
export interface ServerDetails extends Omit<Server, 'image' | 'resize' | 'revision' | 'generation'> {
  imageId: string | null;
  accessIpV4: string;
  accessIpV6: string;
  diskConfig: string;
  hasConfigDrive: boolean;
  lockedReason: string | null;
  fault: ServerFault | null;
  trustedCertificates: string[] | null;
  reservationId: string;
  launchIndex: number;
  createdAt: Date;
  updatedAt: Date;
  launchedAt: Date | null;
  terminatedAt: Date | null;
  power: string | null;
  /** Null while it is on no host. */
  zone: string | null;
  node: string | null;
  hostStatus: 'UP' | 'UNKNOWN' | 'DOWN' | 'MAINTENANCE' | '';
  nics: ShownNic[];
  volumes: { id: string; deleteOnTermination: boolean }[];
  userData: string | null;
}

interface DetailsRow extends ServerRow {
  power: string | null;
  zone: string | null;
  node: string | null;
  is_host_up: boolean | null;
  is_host_forced_down: boolean | null;
  is_host_disabled: boolean | null;
  nics: ServerDetails['nics'] | null;
  volumes: ServerDetails['volumes'] | null;
  user_data: string | null;
}

export interface ServerReferenceRow {
  id: string;
  name: string;
}

/** Which part of the servers is wanted, and in which order. */
export interface ServerPage {
  where: readonly Fragment[];
  sort: readonly KeysetColumn[];
  limit: number;
  marker: string | undefined;
}

/** Hosts are few and servers many: what is asked of hosts is asked once for each. */
const details = (upSince: Date, userData: Fragment): Fragment => fragment`
  WITH place AS MATERIALIZED (
    SELECT h.name, ${zoneOf} AS zone, h.resources ->> 'hypervisorHostname' AS node, h.last_seen_at >= ${upSince} AS is_host_up,
      coalesce(t.is_forced_down, false) AS is_host_forced_down, coalesce(t.is_disabled, false) AS is_host_disabled
    FROM host h LEFT JOIN host_setting t ON t.host = h.name)
  SELECT s.id, s.project_id, s.user_id, s.name, s.description, s.hostname, s.state, s.task, s.flavor, s.image_id, s.is_volume_backed, s.key_name, s.metadata, s.tags,
    s.requested_zone, s.host, s.locked_by, s.locked_reason, s.group_id, s.access_ip_v4, s.access_ip_v6, s.disk_config, s.has_config_drive, s.fault,
    s.trusted_certificates, s.reservation_id, s.launch_index, s.created_at, s.updated_at, s.launched_at, s.terminated_at,
    g.power, p.zone, p.node, p.is_host_up, p.is_host_forced_down, p.is_host_disabled, ${userData} AS user_data,
    (SELECT jsonb_agg(n.shown ORDER BY n.position) FROM server_nic n WHERE n.server_id = s.id AND NOT n.is_gone) AS nics,
    (SELECT jsonb_agg(jsonb_build_object('id', d.volume_id, 'deleteOnTermination', d.delete_on_termination) ORDER BY d.position)
      FROM block_device d WHERE d.server_id = s.id AND d.state <> 'reserving' AND NOT d.is_aside) AS volumes
  FROM server s LEFT JOIN place p ON p.name = s.host LEFT JOIN guest_observation g ON g.server_id = s.id AND g.host = s.host`;

const USER_DATA = fragment`(SELECT user_data FROM server_request r WHERE r.server_id = s.id)`;

/** Reads servers for replies, each question in one statement whatever the answer's length. */
@Injectable()
export class ServerDetailsRepository {
  /** One server with its user data, unless it is deleted. */
  async find(db: Reader, id: string, { upSince }: { upSince: Date }): Promise<ServerDetails | undefined> {
    const row = only(await db.sql<DetailsRow>`${details(upSince, USER_DATA)} WHERE s.id = ${id} AND s.deleted_at IS NULL`);
    return row && detailsFrom(row);
  }

  async page(db: Reader, page: ServerPage, upSince: Date, showsUserData: boolean): Promise<ServerDetails[]> {
    const { where, order } = conditions(page);
    const rows = await db.sql<DetailsRow>`
      ${details(upSince, showsUserData ? USER_DATA : fragment`NULL`)} WHERE ${where} ORDER BY ${order} LIMIT ${page.limit}`.catch(unreadableRegex);
    return rows.map(detailsFrom);
  }

  async referencePage(db: Reader, page: ServerPage): Promise<ServerReferenceRow[]> {
    const { where, order } = conditions(page);
    return db.sql<ServerReferenceRow>`
      SELECT s.id, s.name FROM server s LEFT JOIN guest_observation g ON g.server_id = s.id AND g.host = s.host
      WHERE ${where} ORDER BY ${order} LIMIT ${page.limit}`.catch(unreadableRegex);
  }

  /** Whether there is, or was, such a server: markers of lists may be deleted ones. */
  async exists(db: Reader, id: string): Promise<boolean> {
    return (await db.sql`SELECT FROM server WHERE id = ${id}`).length > 0;
  }
}

const INVALID_REGULAR_EXPRESSION = '2201B';

function unreadableRegex(error: unknown): never {
  if (!(error instanceof StatementFailed) || error.sqlState !== INVALID_REGULAR_EXPRESSION) throw error;
  throw new Invalid('compute.server.filter', 'A filter is not a regular expression that can be searched for.', { cause: error });
}

function conditions({ where, sort, marker }: ServerPage): { where: Fragment; order: Fragment } {
  const { after, order } = keyset(sort, marker === undefined ? undefined : markerValues('server', sort, { id: marker }));
  return { where: all([...where, after]), order };
}

function detailsFrom(row: DetailsRow): ServerDetails {
  return {
    ...wishFrom(row),
    accessIpV4: row.access_ip_v4, accessIpV6: row.access_ip_v6, diskConfig: row.disk_config, hasConfigDrive: row.has_config_drive,
    lockedReason: row.locked_reason, fault: row.fault as ServerFault | null, trustedCertificates: row.trusted_certificates,
    reservationId: row.reservation_id, launchIndex: row.launch_index, createdAt: row.created_at, updatedAt: row.updated_at,
    launchedAt: row.launched_at, terminatedAt: row.terminated_at, power: row.power, zone: row.host === null ? null : row.zone, node: row.node,
    hostStatus: hostStatus(row), nics: row.nics ?? [], volumes: row.volumes ?? [], userData: row.user_data,
  };
}

function wishFrom(row: DetailsRow): Omit<Server, 'image' | 'resize' | 'revision' | 'generation'> & { imageId: string | null } {
  return {
    id: row.id as ServerDetails['id'], projectId: row.project_id as ServerDetails['projectId'], userId: row.user_id as ServerDetails['userId'], name: row.name,
    description: row.description, hostname: row.hostname, state: row.state as ServerState, task: row.task as ServerTask | null, flavor: row.flavor as Flavor,
    imageId: row.image_id, isVolumeBacked: row.is_volume_backed, keyName: row.key_name, metadata: row.metadata, tags: row.tags, requestedZone: row.requested_zone,
    host: row.host as ServerDetails['host'], lockedBy: row.locked_by as Server['lockedBy'], groupId: row.group_id,
  };
}

/** Nova's words for what is known of a server's host. */
function hostStatus(row: DetailsRow): ServerDetails['hostStatus'] {
  if (row.host === null) return '';
  if (row.is_host_forced_down === true) return 'DOWN';
  if (row.is_host_disabled === true) return 'MAINTENANCE';
  return row.is_host_up === true ? 'UP' : 'UNKNOWN';
}
