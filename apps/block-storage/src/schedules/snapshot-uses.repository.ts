import { Injectable } from '@nestjs/common';
import type { Reader } from '@virga/persistence';

/** Who is at work with snapshots. */
@Injectable()
export class SnapshotUsesRepository {
  /** Those of the snapshots from which a volume is just being made. */
  async beingMadeInto(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await db.sql<{ snapshot_id: string }>`
      SELECT DISTINCT v.snapshot_id FROM volume v JOIN operation o ON o.resource_type = 'volume' AND o.resource_id = v.id::text AND o.due_at IS NOT NULL
      WHERE v.snapshot_id = ANY(${[...ids]}::uuid[]) AND v.status = 'creating'`;
    return new Set(rows.map((row) => row.snapshot_id));
  }
}
