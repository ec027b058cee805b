import { Injectable } from '@nestjs/common';
import { Conflict, isUuid, NotFound, only, raise, type HostId, type ProjectId, type ServerId, type UserId } from '@virga/kernel';
import { type Fragment, type Reader, type SqlValue, type Tx, fragment, identifier, join, json } from '@virga/persistence';
import type { Flavor } from '../flavors/index.js';
import type { SeedImage } from '../images/index.js';
import { serverMoves, type Server, type ServerFault, type ServerState, type ServerTask } from './server.js';
import type { NewServer, ServerRequest } from './server-request.js';
import { ServerRequestRow, ServerRow } from './server.row.js';

export class ServerUnknown extends NotFound {
  constructor(id: string) {
    super('compute.server.unknown', `Instance ${id.slice(0, 64)} could not be found.`);
  }
}

/** Somebody else changed the server between our look and our write: an operation's step looks again. */
export class ConcurrentUpdate extends Conflict {
  constructor(id: string) {
    super('compute.server.concurrent-update', `Instance ${id} was changed by another request; try again.`);
  }
}

/** What may change together with a server's state. */
export interface ServerChange {
  task?: ServerTask | null;
  fault?: ServerFault | null;
  host?: HostId | null;
  image?: SeedImage;
  flavor?: Flavor;
  resize?: Server['resize'];
  /** What the server counts against quota; the larger of two flavors while it may have either. */
  counts?: { vcpus: number; memoryMebibytes: number };
  /** Raises the generation: commands of earlier ones are refused by hosts from now on. */
  raisesGeneration?: boolean;
  /** The guest has begun to run. */
  isLaunch?: boolean;
}

/** What a user may change of a server. */
export interface ServerEdit {
  name?: string;
  description?: string | null;
  hostname?: string;
  accessIpV4?: string;
  accessIpV6?: string;
  diskConfig?: string;
  metadata?: Record<string, string>;
  tags?: string[];
  keyName?: string | null;
  lockedBy?: 'owner' | 'admin' | null;
  lockedReason?: string | null;
  trustedCertificates?: string[] | null;
}

const COLUMNS = fragment`
  id, project_id, user_id, name, description, hostname, state, task, generation, revision, flavor, image, is_volume_backed, key_name, metadata, tags, requested_zone, host,
  locked_by, group_id, resize`;

@Injectable()
export class ServersRepository {
  async insert(tx: Tx, servers: readonly NewServer[]): Promise<Server[]> {
    const rows = await tx.insertAll(ServerRow, servers.map(serverRow));
    await tx.insertAll(ServerRequestRow, servers.map(requestRow));
    return rows.map(fromRow);
  }

  /** The server, also where it is deleted. */
  async find(db: Reader, id: string): Promise<Server | undefined> {
    const row = only(await db.sql<ServerRow>`SELECT ${COLUMNS} FROM server WHERE id = ${id}`);
    return row && fromRow(row);
  }

  /** The server whatever its state, for those who are responsible for it. */
  async get(db: Reader, id: ServerId): Promise<Server> {
    const rows = await db.sql<ServerRow>`SELECT ${COLUMNS} FROM server WHERE id = ${id}`;
    return fromRow(only(rows) ?? raise(new ServerUnknown(id)));
  }

  /** Servers that live, in the order of their ids. */
  async batch(db: Reader, after: ServerId | undefined, limit: number): Promise<Server[]> {
    const rest = after === undefined ? fragment`TRUE` : fragment`id > ${after}`;
    return (await db.sql<ServerRow>`SELECT ${COLUMNS} FROM server WHERE deleted_at IS NULL AND ${rest} ORDER BY id LIMIT ${limit}`).map(fromRow);
  }

  /** Those of the given servers that there are or were. */
  async byIds(db: Reader, ids: readonly string[]): Promise<Server[]> {
    return (await db.sql<ServerRow>`SELECT ${COLUMNS} FROM server WHERE id = ANY(${ids.filter(isUuid)}::uuid[])`).map(fromRow);
  }

  /** Those of the given servers that are not deleted. */
  async living(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await db.sql<{ id: string }>`SELECT id FROM server WHERE id = ANY(${ids.filter(isUuid)}::uuid[]) AND deleted_at IS NULL`;
    return new Set(rows.map(({ id }) => id));
  }

  /** The server, kept from changing until the transaction ends. */
  async lock(tx: Tx, id: ServerId): Promise<Server> {
    const rows = await tx.sql<ServerRow>`SELECT ${COLUMNS} FROM server WHERE id = ${id} FOR UPDATE`;
    return fromRow(only(rows) ?? raise(new ServerUnknown(id)));
  }

  /** The only way a server changes state. Throws `ConcurrentUpdate` where somebody was faster. */
  async become(tx: Tx, seen: Server, next: ServerState, change: ServerChange = {}): Promise<Server> {
    if (next !== seen.state) serverMoves.require(seen.state, next);
    const { task = null } = change;
    const rows = await tx.sql<ServerRow>`
      UPDATE server SET state = ${next}, task = ${task}, revision = revision + 1, updated_at = now()${join([fragment``, ...changed(next, change)], ', ')}
      WHERE id = ${seen.id} AND revision = ${seen.revision}
      RETURNING ${COLUMNS}`;
    return fromRow(only(rows) ?? raise(new ConcurrentUpdate(seen.id)));
  }

  /** Changes what belongs to the user. */
  async edit(tx: Tx, seen: Server, change: ServerEdit): Promise<Server> {
    const rows = await tx.sql<ServerRow>`
      UPDATE server SET revision = revision + 1, updated_at = now()${join([fragment``, ...edited(change)], ', ')}
      WHERE id = ${seen.id} AND revision = ${seen.revision}
      RETURNING ${COLUMNS}`;
    return fromRow(only(rows) ?? raise(new ConcurrentUpdate(seen.id)));
  }

  /** What the server's creator asked for. */
  async request(db: Reader, id: ServerId): Promise<ServerRequest> {
    const rows = await db.sql<ServerRequestRow>`SELECT * FROM server_request WHERE server_id = ${id}`;
    const row = only(rows) ?? raise(new ServerUnknown(id));
    return {
      userData: row.user_data, publicKey: row.public_key, files: row.files as ServerRequest['files'], nics: row.nics as ServerRequest['nics'],
      securityGroupIds: row.security_group_ids, hints: row.hints as ServerRequest['hints'],
      localDiskTags: row.local_disk_tags as ServerRequest['localDiskTags'], host: row.host as HostId | null, node: row.node,
    };
  }

  async editRequest(tx: Tx, id: ServerId, change: { userData?: string | null; publicKey?: string | null; files?: ServerRequest['files'] }): Promise<void> {
    const changes = [
      ...(change.userData === undefined ? [] : [fragment`user_data = ${change.userData}`]),
      ...(change.publicKey === undefined ? [] : [fragment`public_key = ${change.publicKey}`]),
      ...(change.files === undefined ? [] : [fragment`files = ${json(change.files)}`]),
    ];
    if (changes.length > 0) await tx.sql`UPDATE server_request SET ${join(changes, ', ')} WHERE server_id = ${id}`;
  }

  /** A place among the server's interfaces that none has had before: the same place asked for twice makes one port. */
  async takeNicIndex(tx: Tx, id: ServerId): Promise<number> {
    const rows = await tx.sql<{ nic_count: number }>`UPDATE server_request SET nic_count = nic_count + 1 WHERE server_id = ${id} RETURNING nic_count`;
    return (only(rows) ?? raise(new ServerUnknown(id))).nic_count - 1;
  }
}

function changed(next: ServerState, change: ServerChange): Fragment[] {
  const { fault, host, image, flavor, resize, counts } = change;
  const documents: [string, unknown][] = [['fault', fault], ['image', image], ['flavor', flavor], ['resize', resize]];
  return [
    ...documents.filter(([, value]) => value !== undefined).map(([column, value]) => fragment`${identifier(column)} = ${value === null ? null : json(value)}`),
    ...(host === undefined ? [] : [fragment`host = ${host}`]),
    ...(counts === undefined ? [] : [fragment`vcpus = ${counts.vcpus}, memory_mebibytes = ${counts.memoryMebibytes}`]),
    ...moments(next, change),
  ];
}

function moments(next: ServerState, { raisesGeneration, isLaunch }: ServerChange): Fragment[] {
  return [
    ...(raisesGeneration === true ? [fragment`generation = generation + 1`] : []),
    ...(isLaunch === true ? [fragment`launched_at = coalesce(launched_at, now())`] : []),
    ...(next === 'deleted' ? [fragment`deleted_at = now()`, fragment`terminated_at = now()`] : []),
  ];
}

function edited(change: ServerEdit): Fragment[] {
  const columns: [string, SqlValue | undefined][] = [
    ['name', change.name], ['description', change.description], ['hostname', change.hostname], ['access_ip_v4', change.accessIpV4],
    ['access_ip_v6', change.accessIpV6], ['disk_config', change.diskConfig], ['metadata', change.metadata && json(change.metadata)], ['tags', change.tags],
    ['key_name', change.keyName], ['locked_by', change.lockedBy], ['locked_reason', change.lockedReason], ['trusted_certificates', change.trustedCertificates],
  ];
  return columns.flatMap(([column, value]) => (value === undefined ? [] : [fragment`${identifier(column)} = ${value}`]));
}

function serverRow(server: NewServer): Partial<ServerRow> {
  return {
    id: server.id, project_id: server.projectId, user_id: server.userId, name: server.name, description: server.description, hostname: server.hostname,
    state: 'building', task: 'scheduling', flavor: server.flavor, vcpus: server.flavor.vcpus, memory_mebibytes: server.flavor.memoryMebibytes,
    image: server.image, is_volume_backed: server.isVolumeBacked, key_name: server.keyName, metadata: server.metadata, tags: server.tags, requested_zone: server.requestedZone,
    access_ip_v4: server.accessIpV4, access_ip_v6: server.accessIpV6, disk_config: server.diskConfig, has_config_drive: server.hasConfigDrive,
    trusted_certificates: server.trustedCertificates, reservation_id: server.reservationId, launch_index: server.launchIndex, group_id: server.groupId,
  };
}

function requestRow({ id, request }: NewServer): Partial<ServerRequestRow> {
  return {
    server_id: id, user_data: request.userData, public_key: request.publicKey, files: request.files, nics: request.nics, nic_count: request.nics.length,
    security_group_ids: request.securityGroupIds, hints: request.hints, local_disk_tags: request.localDiskTags, host: request.host, node: request.node,
  };
}

export function fromRow(row: ServerRow): Server {
  return {
    id: row.id as ServerId, projectId: row.project_id as ProjectId, userId: row.user_id as UserId, name: row.name, description: row.description,
    hostname: row.hostname, state: row.state as ServerState, task: row.task as ServerTask | null, generation: row.generation, revision: row.revision,
    flavor: row.flavor as Flavor, image: row.image as SeedImage | null, isVolumeBacked: row.is_volume_backed, keyName: row.key_name, metadata: row.metadata, tags: row.tags,
    requestedZone: row.requested_zone, host: row.host as HostId | null, lockedBy: row.locked_by as Server['lockedBy'], groupId: row.group_id,
    resize: row.resize as Server['resize'],
  };
}
