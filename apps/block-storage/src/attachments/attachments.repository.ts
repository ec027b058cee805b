import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, only, raise, type AttachmentId, type Clock, type ServerId, type VolumeId } from '@virga/kernel';
import { all, fragment, json, keyset, markerValues, onUnique, type Fragment, type KeysetColumn, type Reader, type Tx } from '@virga/persistence';
import type { OffsetPage } from '../wire/index.js';
import { attachmentMoves, type Attachment, type AttachmentState } from './attachment.js';
import { AttachmentExists, AttachmentGone, AttachmentUpdatedMeanwhile } from './attachment-faults.js';
import { AttachmentRow } from './attachment.row.js';

export type NewAttachment = Pick<Attachment, 'id' | 'volumeId' | 'projectId' | 'userId' | 'serverId' | 'owner' | 'mode'>
  & Partial<Pick<Attachment, 'state' | 'hostname' | 'mountpoint'>>;

/** What changes beside the state; what is left out stays. */
export type AttachmentChange = Partial<Pick<Attachment,
  'serverId' | 'isLeaving' | 'host' | 'hostname' | 'mountpoint' | 'mode' | 'connector' | 'address' | 'backend' | 'generation' | 'fault'>>;

export interface AttachmentFilters {
  /** Undefined: of all projects. */
  projectId: string | undefined;
  volumeId?: string;
  serverId?: string;
  states?: readonly AttachmentState[];
  isLeaving?: boolean;
}

const SORT_COLUMNS: Readonly<Record<string, string>> = {
  id: 'a.id', created_at: 'a.created_at', updated_at: 'a.updated_at', volume_id: 'a.volume_id', instance_uuid: 'a.server_id', attach_status: 'a.state',
};
const NULLABLE = new Set(['updated_at', 'instance_uuid']);

export const SORTABLE = Object.keys(SORT_COLUMNS);

/**
 * Rows of attachments. One that is gone keeps its row, `deleted`, for a while: an old request with its id must not bring it back.
 *
 * Whoever changes attachments has locked their volume's row first: its status follows from all of them.
 */
@Injectable()
export class AttachmentsRepository {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  async insert(tx: Tx, { id, volumeId, projectId, userId, serverId, owner, mode, state = 'reserved', hostname = null, mountpoint = null }: NewAttachment): Promise<Attachment> {
    const now = new Date(this.clock.now());
    const row = await tx.insert(AttachmentRow, {
      id, volume_id: volumeId, project_id: projectId, user_id: userId, server_id: serverId, owner, state, mode, hostname, mountpoint, created_at: now,
      attached_at: state === 'attached' ? now : null,
    }).catch(onUnique('attachment_pkey', () => new AttachmentExists(id)));
    return fromRow(row);
  }

  /** Also one that is gone, as long as its row is kept. */
  async find(db: Reader, id: string): Promise<Attachment | undefined> {
    const row = only(await db.sql<AttachmentRow>`SELECT * FROM attachment WHERE id = ${id}`);
    return row && fromRow(row);
  }

  /** Throws `AttachmentGone` where it is gone or never was. */
  async get(db: Reader, id: AttachmentId): Promise<Attachment> {
    const found = await this.find(db, id);
    return found === undefined || found.state === 'deleted' ? raise(new AttachmentGone(id)) : found;
  }

  async list(db: Reader, ids: readonly AttachmentId[]): Promise<Attachment[]> {
    const rows = await db.sql<AttachmentRow>`SELECT * FROM attachment WHERE id = ANY(${ids}::uuid[]) ORDER BY id`;
    return rows.map(fromRow);
  }

  /** Those that a volume has, also those that nobody sees, the oldest first. */
  async ofVolume(db: Reader, volumeId: VolumeId): Promise<Attachment[]> {
    const rows = await db.sql<AttachmentRow>`SELECT * FROM attachment WHERE volume_id = ${volumeId} AND state <> 'deleted' ORDER BY created_at, id`;
    return rows.map(fromRow);
  }

  async page(db: Reader, filters: AttachmentFilters, page: OffsetPage): Promise<Attachment[]> {
    const columns = sortColumns(page);
    const { after, order } = keyset(columns, page.marker === undefined ? undefined : markerValues('attachment', columns, { id: page.marker }));
    const rows = await db.sql<AttachmentRow>`
      SELECT a.* FROM attachment a WHERE ${all([fragment`a.state <> 'deleted'`, fragment`a.backend IS NULL`, ...conditions(filters), after])}
      ORDER BY ${order} LIMIT ${page.limit} OFFSET ${page.offset}`;
    return rows.map(fromRow);
  }

  /** The only way an attachment changes; the caller has read `seen`. */
  async become(tx: Tx, seen: Attachment, state: AttachmentState, change: AttachmentChange = {}): Promise<Attachment> {
    if (state !== seen.state) attachmentMoves.require(seen.state, state);
    const next = { ...seen, ...change };
    const now = new Date(this.clock.now());
    const rows = await tx.sql<AttachmentRow>`
      UPDATE attachment SET state = ${state}, server_id = ${next.serverId}, is_leaving = ${next.isLeaving}, host = ${next.host}, hostname = ${next.hostname},
        mountpoint = ${next.mountpoint}, mode = ${next.mode}, connector = ${next.connector && json(next.connector)}, address = ${next.address && json(next.address)}, backend = ${next.backend},
        generation = ${next.generation}, fault = ${next.fault && json(next.fault)}, revision = revision + 1, updated_at = ${now},
        attached_at = CASE WHEN ${state} = 'attached' AND attached_at IS NULL THEN ${now} ELSE attached_at END,
        detached_at = CASE WHEN ${state} = 'deleted' THEN ${now} ELSE detached_at END
      WHERE id = ${seen.id} AND revision = ${seen.revision} RETURNING *`;
    return fromRow(only(rows) ?? raise(new AttachmentUpdatedMeanwhile(seen.id)));
  }

  /** Servers that compute has attachments for, in the order of their ids. What a move has prepared is no business of compute's before it is asked to take it. */
  async servers(db: Reader, after: ServerId | null, limit: number): Promise<{ serverId: string; attachmentIds: string[] }[]> {
    const rest = after === null ? fragment`TRUE` : fragment`server_id > ${after}`;
    const rows = await db.sql<{ server_id: string; attachment_ids: string[] }>`
      SELECT server_id, array_agg(id::text ORDER BY id) AS attachment_ids FROM attachment
      WHERE state <> 'deleted' AND owner = 'compute' AND server_id IS NOT NULL AND NOT (backend IS NOT NULL AND state = 'reserved') AND ${rest}
      GROUP BY server_id ORDER BY server_id LIMIT ${limit}`;
    return rows.map((row) => ({ serverId: row.server_id, attachmentIds: row.attachment_ids }));
  }

  /** The hosts that users of the project have connected volumes to. */
  async usersHosts(db: Reader, projectId: string): Promise<string[]> {
    const rows = await db.sql<{ host: string }>`
      SELECT DISTINCT host FROM attachment WHERE project_id = ${projectId} AND owner = 'user' AND host IS NOT NULL AND state <> 'deleted'`;
    return rows.map(({ host }) => host);
  }

  /** Nothing remembers an attachment that is gone any more. */
  async forget(tx: Tx, id: AttachmentId): Promise<void> {
    await tx.sql`DELETE FROM attachment WHERE id = ${id} AND state = 'deleted'`;
  }
}

function conditions({ projectId, volumeId, serverId, states, isLeaving }: AttachmentFilters): Fragment[] {
  return [
    projectId === undefined ? undefined : fragment`a.project_id = ${projectId}`,
    volumeId === undefined ? undefined : fragment`a.volume_id = ${volumeId}`,
    serverId === undefined ? undefined : fragment`a.server_id = ${serverId}`,
    states === undefined ? undefined : fragment`a.state = ANY(${[...states]})`,
    isLeaving === undefined ? undefined : fragment`a.is_leaving = ${isLeaving}`,
  ].filter((part) => part !== undefined);
}

function sortColumns({ sort }: OffsetPage): KeysetColumn[] {
  const keys = sort.map(({ key, direction }): KeysetColumn => ({ column: SORT_COLUMNS[key] as string, direction, isNullable: NULLABLE.has(key) }));
  const last = keys.findIndex(({ column }) => column === 'a.id');
  return last >= 0 ? keys.slice(0, last + 1) : [...keys, { column: 'a.id', direction: sort.at(-1)?.direction ?? 'desc' }];
}

function fromRow(row: AttachmentRow): Attachment {
  return {
    id: row.id as AttachmentId, volumeId: row.volume_id as VolumeId, projectId: row.project_id as Attachment['projectId'], userId: row.user_id as Attachment['userId'],
    serverId: row.server_id as ServerId | null, owner: row.owner as Attachment['owner'], state: row.state as AttachmentState, isLeaving: row.is_leaving,
    host: row.host, hostname: row.hostname, mountpoint: row.mountpoint, mode: row.mode as Attachment['mode'],
    connector: row.connector as Attachment['connector'], address: row.address as Attachment['address'], backend: row.backend, generation: row.generation, revision: row.revision,
    fault: row.fault as Attachment['fault'], attachedAt: row.attached_at, createdAt: row.created_at, updatedAt: row.updated_at,
  };
}
