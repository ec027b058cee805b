import { Injectable } from '@nestjs/common';
import { only, type AttachmentId, type ServerId, type VolumeId } from '@virga/kernel';
import { wakeKey, type WakeKey } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';

/** What a move of a volume that a server uses waits for: an attachment that users do not see is not as it was. */
export const moveFact = (volumeId: string): WakeKey => wakeKey('attached-move', volumeId);

/** How a server has a volume that is to move. */
export interface MovedAttachment {
  id: AttachmentId;
  serverId: ServerId | null;
  owner: string;
  mode: string;
  state: string;
}

/**
 * The attachments of volumes that move while servers use them. The one that leads to the target bears the id of the migration.
 *
 * What becomes of attachments is their own slice's business; here one is prepared, and taken back as long as nobody was told of it.
 */
@Injectable()
export class MovedAttachmentsRepository {
  /** All that a volume has, also those that lead elsewhere. */
  async ofVolume(db: Reader, volumeId: VolumeId): Promise<MovedAttachment[]> {
    const rows = await db.sql<{ id: AttachmentId; server_id: ServerId | null; owner: string; mode: string; state: string }>`
      SELECT id, server_id, owner, mode, state FROM attachment WHERE volume_id = ${volumeId} AND state <> 'deleted' ORDER BY id`;
    return rows.map(({ server_id: serverId, ...row }) => ({ ...row, serverId }));
  }

  /** `deleted` where it is gone, `leaving` where it is to go for good; undefined where there never was one. */
  async stateOf(db: Reader, id: string): Promise<string | undefined> {
    const row = only(await db.sql<{ state: string; is_leaving: boolean }>`SELECT state, is_leaving FROM attachment WHERE id = ${id}`);
    return row?.is_leaving === true && row.state !== 'deleted' ? 'leaving' : row?.state;
  }

  /** The server will be led to the target's copy: nobody reaches that yet. The volume's row is locked. Repeatable. */
  async prepare(tx: Tx, { id, like, backend, now }: { id: string; like: AttachmentId; backend: string; now: Date }): Promise<void> {
    await tx.sql`
      INSERT INTO attachment (id, volume_id, project_id, user_id, server_id, owner, state, mode, mountpoint, backend, created_at)
      SELECT ${id}::uuid, volume_id, project_id, user_id, server_id, owner, 'reserved', mode, mountpoint, ${backend}::text, ${now}::timestamptz FROM attachment WHERE id = ${like}
      ON CONFLICT (id) DO NOTHING`;
  }

  /** Takes back what was prepared, unless compute has begun with it. The volume's row is locked. */
  async takeBack(tx: Tx, id: string, now: Date): Promise<void> {
    await tx.sql`
      UPDATE attachment SET state = 'deleted', is_leaving = true, revision = revision + 1, updated_at = ${now}, detached_at = ${now}
      WHERE id = ${id} AND state = 'reserved' AND backend IS NOT NULL`;
  }
}
