import { Injectable } from '@nestjs/common';
import { type Fragment, type Reader, type Tx, fragment } from '@virga/persistence';

/** Rows of what was deleted, in the order in which they may go: a volume's snapshots before the volume. */
const GONE = {
  snapshot: (before: Date): Fragment => fragment`FROM snapshot WHERE deleted_at < ${before}`,
  /** Those that others build on stay with them. */
  backup: (before: Date): Fragment => fragment`FROM backup b WHERE deleted_at < ${before} AND NOT EXISTS (SELECT FROM backup c WHERE c.parent_id = b.id)`,
  volume: (before: Date): Fragment => fragment`FROM volume v WHERE deleted_at < ${before} AND NOT EXISTS (SELECT FROM snapshot s WHERE s.volume_id = v.id)`,
};

@Injectable()
export class HistoryRepository {
  async hasOld(db: Reader, before: Date): Promise<boolean> {
    const [row] = await db.sql<{ exists: boolean }>`
      SELECT EXISTS (SELECT ${GONE.snapshot(before)}) OR EXISTS (SELECT ${GONE.backup(before)}) OR EXISTS (SELECT ${GONE.volume(before)}) AS exists`;
    return row?.exists === true;
  }

  /** Forgets so many at most of each; answers how many. What others are looking at stays for the next time. */
  async forget(tx: Tx, before: Date, limit: number): Promise<number> {
    const snapshots = await tx.sql`DELETE FROM snapshot WHERE id IN (SELECT id ${GONE.snapshot(before)} LIMIT ${limit} FOR UPDATE SKIP LOCKED) RETURNING id`;
    const volumes = await tx.sql`DELETE FROM volume WHERE id IN (SELECT id ${GONE.volume(before)} LIMIT ${limit} FOR UPDATE SKIP LOCKED) RETURNING id`;
    const backups = await tx.sql`DELETE FROM backup WHERE id IN (SELECT id ${GONE.backup(before)} LIMIT ${limit} FOR UPDATE SKIP LOCKED) RETURNING id`;
    return snapshots.length + volumes.length + backups.length;
  }
}
