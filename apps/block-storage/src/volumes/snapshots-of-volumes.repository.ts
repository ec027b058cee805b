import { Injectable } from '@nestjs/common';
import { only } from '@virga/kernel';
import type { Reader, Tx } from '@virga/persistence';

/** A snapshot as far as what is done to its volume depends on it. */
export interface SnapshotOfVolume {
  id: string;
  sizeGibibytes: number;
  status: string;
  isInGroupSnapshot: boolean;
}

interface Row {
  id: string;
  size_gibibytes: number;
  status: string;
  group_snapshot_id: string | null;
}

/** The snapshots of volumes, for what is done to both. */
@Injectable()
export class SnapshotsOfVolumesRepository {
  /** The snapshots of a volume, the newest first; nobody changes them until the transaction ends. */
  async lockAll(tx: Tx, volumeId: string): Promise<SnapshotOfVolume[]> {
    const rows = await tx.sql<Row>`
      SELECT id, size_gibibytes, status, group_snapshot_id FROM snapshot WHERE volume_id = ${volumeId} AND deleted_at IS NULL
      ORDER BY created_at DESC, id DESC FOR UPDATE`;
    return rows.map((row) => ({ id: row.id, sizeGibibytes: row.size_gibibytes, status: row.status, isInGroupSnapshot: row.group_snapshot_id !== null }));
  }

  async status(db: Reader, id: string): Promise<string | undefined> {
    return only(await db.sql<{ status: string }>`SELECT status FROM snapshot WHERE id = ${id} AND deleted_at IS NULL`)?.status;
  }

  /** The snapshot, if it is `from`, is `to`. */
  async become(tx: Tx, id: string, from: string, to: string): Promise<void> {
    await tx.sql`UPDATE snapshot SET status = ${to}, revision = revision + 1, updated_at = now() WHERE id = ${id} AND status = ${from}`;
  }

  /** They all belong to somebody else from now on. */
  async giveAway(tx: Tx, volumeId: string, to: { projectId: string; userId: string }): Promise<void> {
    await tx.sql`
      UPDATE snapshot SET project_id = ${to.projectId}, user_id = ${to.userId}, revision = revision + 1, updated_at = now()
      WHERE volume_id = ${volumeId} AND deleted_at IS NULL`;
  }
}
