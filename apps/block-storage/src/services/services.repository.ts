import { Injectable } from '@nestjs/common';
import type { Reader, Tx } from '@virga/persistence';

/** What a project has on a backend. */
export interface ProjectShare {
  project: string;
  volumes: number;
  volumeGibibytes: number;
  snapshots: number;
  snapshotGibibytes: number;
}

/** What operators want of a backend; what is undefined stays. */
export interface BackendWish {
  isEnabled?: boolean;
  disabledReason?: string | null;
  isFrozen?: boolean;
}

@Injectable()
export class ServicesRepository {
  /** Answers whether there is such a backend. */
  async set(tx: Tx, name: string, { isEnabled, disabledReason, isFrozen }: BackendWish): Promise<boolean> {
    const rows = await tx.sql`
      UPDATE backend SET is_enabled = coalesce(${isEnabled ?? null}, is_enabled), is_frozen = coalesce(${isFrozen ?? null}, is_frozen),
        disabled_reason = CASE WHEN ${disabledReason === undefined} THEN disabled_reason ELSE ${disabledReason ?? null} END, updated_at = now()
      WHERE name = ${name} RETURNING name`;
    return rows.length > 0;
  }

  async shares(db: Reader, backend: string): Promise<ProjectShare[]> {
    const rows = await db.sql<{ project: string; volumes: number; volume_gibibytes: number; snapshots: number; snapshot_gibibytes: number }>`
      SELECT project_id AS project, count(*) FILTER (WHERE is_volume)::integer AS volumes, coalesce(sum(size_gibibytes) FILTER (WHERE is_volume), 0)::bigint AS volume_gibibytes,
        count(*) FILTER (WHERE NOT is_volume)::integer AS snapshots, coalesce(sum(size_gibibytes) FILTER (WHERE NOT is_volume), 0)::bigint AS snapshot_gibibytes
      FROM (
        SELECT project_id, size_gibibytes, true AS is_volume FROM volume WHERE backend = ${backend} AND deleted_at IS NULL
        UNION ALL SELECT project_id, size_gibibytes, false FROM snapshot WHERE backend = ${backend} AND deleted_at IS NULL) AS held
      GROUP BY project_id ORDER BY project_id`;
    return rows.map((row) => ({
      project: row.project, volumes: row.volumes, volumeGibibytes: Number(row.volume_gibibytes), snapshots: row.snapshots, snapshotGibibytes: Number(row.snapshot_gibibytes),
    }));
  }
}
