import { Injectable } from '@nestjs/common';
import type { Reader } from '@virga/persistence';
import type { ContainerId } from '../containers/index.js';
import type { Pass } from './passes.js';

/** The table `lifecycle_pass`. */
@Injectable()
export class PassesRepository {
  async upsert(db: Reader, id: ContainerId, dueAt: Date): Promise<void> {
    await db.sql`
      INSERT INTO lifecycle_pass (container_id, due_at) SELECT id, ${dueAt} FROM container WHERE id = ${id}
      ON CONFLICT (container_id) DO UPDATE SET due_at = ${dueAt}, fence = lifecycle_pass.fence + 1, finished_name = NULL`;
  }

  async remove(db: Reader, id: ContainerId): Promise<void> {
    await db.sql`DELETE FROM lifecycle_pass WHERE container_id = ${id}`;
  }

  async claim(db: Reader, now: Date, until: Date): Promise<Pass | undefined> {
    const [row] = await db.sql<{ container_id: ContainerId; fence: number; finished_name: string | null }>`
      UPDATE lifecycle_pass SET due_at = ${until}, fence = fence + 1
      WHERE container_id = (SELECT container_id FROM lifecycle_pass WHERE due_at <= ${now} ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING container_id, fence, finished_name`;
    return row && { containerId: row.container_id, fence: row.fence, finishedName: row.finished_name ?? undefined };
  }

  /** Whether the pass was still ours. */
  async report(db: Reader, { containerId, fence }: Pass, finishedName: string | undefined, dueAt: Date): Promise<boolean> {
    const rows = await db.sql`
      UPDATE lifecycle_pass SET due_at = ${dueAt}, finished_name = ${finishedName ?? null} WHERE container_id = ${containerId} AND fence = ${fence} RETURNING fence`;
    return rows.length > 0;
  }
}
