import { Injectable } from '@nestjs/common';
import { isUuid, only, type SnapshotId } from '@virga/kernel';
import type { Reader, Tx } from '@virga/persistence';
import type { Snapshot } from './snapshot.js';
import { UnmanagedSnapshotRow } from './unmanaged-snapshot.row.js';

/** A snapshot that is on a backend and belongs to nobody, on purpose. */
export type UnmanagedSnapshot = Pick<Snapshot, 'id' | 'volumeId' | 'backend' | 'sizeGibibytes' | 'keyId' | 'generation' | 'isBootable' | 'imageMetadata'>;

/** One snapshot of a backend, for those who look for some to manage. */
export interface ManageableSnapshot {
  id: SnapshotId;
  volumeId: string;
  sizeGibibytes: number;
  isManaged: boolean;
}

@Injectable()
export class UnmanagedSnapshotsRepository {
  async insert(tx: Tx, snapshot: UnmanagedSnapshot): Promise<void> {
    await tx.insert(UnmanagedSnapshotRow, {
      id: snapshot.id, volume_id: snapshot.volumeId, backend: snapshot.backend, size_gibibytes: snapshot.sizeGibibytes, key_id: snapshot.keyId,
      generation: snapshot.generation, is_bootable: snapshot.isBootable, image_metadata: snapshot.imageMetadata,
    });
  }

  /** Takes it out, and with it what was remembered of it: it comes back under its old id, which is its name on the backend. */
  async take(tx: Tx, id: string, backend: string): Promise<UnmanagedSnapshot | undefined> {
    if (!isUuid(id)) return undefined;
    const row = only(await tx.sql<UnmanagedSnapshotRow>`DELETE FROM unmanaged_snapshot WHERE id = ${id} AND backend = ${backend} RETURNING *`);
    if (row === undefined) return undefined;
    await tx.sql`DELETE FROM snapshot WHERE id = ${id} AND deleted_at IS NOT NULL`;
    return {
      id: row.id as SnapshotId, volumeId: row.volume_id as Snapshot['volumeId'], backend: row.backend, sizeGibibytes: row.size_gibibytes, keyId: row.key_id,
      generation: row.generation, isBootable: row.is_bootable, imageMetadata: row.image_metadata as Snapshot['imageMetadata'],
    };
  }

  /** Whether a backend's snapshot is kept there on purpose. */
  async keeps(db: Reader, id: string): Promise<boolean> {
    return (await db.sql`SELECT FROM unmanaged_snapshot WHERE id = ${id}`).length > 0;
  }

  /** All snapshots of a backend, managed or not. */
  async onBackend(db: Reader, backend: string): Promise<ManageableSnapshot[]> {
    const rows = await db.sql<{ id: string; volume_id: string; size_gibibytes: number; is_managed: boolean }>`
      SELECT id, volume_id, size_gibibytes, true AS is_managed FROM snapshot WHERE backend = ${backend} AND deleted_at IS NULL AND status = 'available'
      UNION ALL SELECT id, volume_id, size_gibibytes, false FROM unmanaged_snapshot WHERE backend = ${backend}`;
    return rows.map((row) => ({ id: row.id as SnapshotId, volumeId: row.volume_id, sizeGibibytes: row.size_gibibytes, isManaged: row.is_managed }));
  }
}
