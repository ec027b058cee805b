import { Injectable } from '@nestjs/common';
import { isUuid, only } from '@virga/kernel';
import type { Reader, Tx } from '@virga/persistence';

/** A snapshot as far as making a volume of it depends on it. */
export interface SourceSnapshot {
  id: string;
  projectId: string;
  volumeId: string;
  sizeGibibytes: number;
  status: string;
  backend: string | null;
  keyId: string | null;
  /** Of its volume at that moment. */
  typeId: string;
  isBootable: boolean;
  imageMetadata: Record<string, string> | null;
}

interface Row {
  id: string;
  project_id: string;
  volume_id: string;
  size_gibibytes: number;
  status: string;
  backend: string | null;
  key_id: string | null;
  type_id: string;
  is_bootable: boolean;
  image_metadata: Record<string, string> | null;
}

/** What a volume is copied from. */
export interface CopiedFrom {
  snapshotId: string | null;
  sourceVolumeId: string | null;
}

/** Reads what volumes are made from, or have that depends on them. */
@Injectable()
export class VolumeSourcesRepository {
  async snapshot(db: Reader, id: string): Promise<SourceSnapshot | undefined> {
    if (!isUuid(id)) return undefined;
    const row = only(await db.sql<Row>`
      SELECT id, project_id, volume_id, size_gibibytes, status, backend, key_id, type_id, is_bootable, image_metadata FROM snapshot WHERE id = ${id} AND deleted_at IS NULL`);
    return row && {
      id: row.id, projectId: row.project_id, volumeId: row.volume_id, sizeGibibytes: row.size_gibibytes, status: row.status, backend: row.backend, keyId: row.key_id,
      typeId: row.type_id, isBootable: row.is_bootable, imageMetadata: row.image_metadata,
    };
  }

  /** Keeps what a volume is to be copied from from being deleted or moved until the transaction ends; false where that has begun already. */
  async hold(tx: Tx, { snapshotId, sourceVolumeId }: CopiedFrom): Promise<boolean> {
    const snapshots = snapshotId === null ? [true] : await tx.sql`SELECT FROM snapshot WHERE id = ${snapshotId} AND deleted_at IS NULL AND status <> 'deleting' FOR SHARE`;
    const volumes = sourceVolumeId === null ? [true] : await tx.sql`SELECT FROM volume WHERE id = ${sourceVolumeId} AND deleted_at IS NULL AND status <> 'deleting'
      AND coalesce(migration_status, '') NOT IN ('starting', 'migrating', 'completing') FOR SHARE`;
    return snapshots.length > 0 && volumes.length > 0;
  }

  /** Whether a volume is being made from it. Who deletes asks after writing that: whoever holds the source has committed then. */
  async isBeingCopied(tx: Tx, { snapshotId, sourceVolumeId }: CopiedFrom): Promise<boolean> {
    const rows = await tx.sql`
      SELECT FROM volume WHERE status = 'creating' AND deleted_at IS NULL AND (snapshot_id = ${snapshotId}::uuid OR source_volume_id = ${sourceVolumeId}::uuid) LIMIT 1`;
    return rows.length > 0;
  }

  async countSnapshots(db: Reader, volumeId: string): Promise<number> {
    const [row] = await db.sql<{ count: number }>`SELECT count(*) AS count FROM snapshot WHERE volume_id = ${volumeId} AND deleted_at IS NULL`;
    return row?.count ?? 0;
  }

  async countAttachments(db: Reader, volumeId: string): Promise<number> {
    const [row] = await db.sql<{ count: number }>`SELECT count(*) AS count FROM attachment WHERE volume_id = ${volumeId} AND state <> 'deleted'`;
    return row?.count ?? 0;
  }

  /** Snapshots of the volume that would not go. */
  async countStuckSnapshots(db: Reader, volumeId: string): Promise<number> {
    const [row] = await db.sql<{ count: number }>`SELECT count(*) AS count FROM snapshot WHERE volume_id = ${volumeId} AND deleted_at IS NULL AND status = 'error_deleting'`;
    return row?.count ?? 0;
  }

  /** The servers that have the volume. */
  async attachedServers(db: Reader, volumeId: string): Promise<{ attachmentId: string; serverId: string }[]> {
    const rows = await db.sql<{ id: string; server_id: string }>`
      SELECT id, server_id FROM attachment WHERE volume_id = ${volumeId} AND backend IS NULL AND state IN ('attaching', 'attached') AND server_id IS NOT NULL ORDER BY id`;
    return rows.map(({ id, server_id }) => ({ attachmentId: id, serverId: server_id }));
  }

  /** The backends of the given volumes, for wishes to be beside or apart from them. */
  async backendsOf(db: Reader, volumeIds: readonly string[]): Promise<string[]> {
    if (volumeIds.length === 0) return [];
    const rows = await db.sql<{ backend: string }>`
      SELECT DISTINCT backend FROM volume WHERE id = ANY(${volumeIds.filter(isUuid)}::uuid[]) AND backend IS NOT NULL AND deleted_at IS NULL`;
    return rows.map(({ backend }) => backend);
  }
}
