import { Injectable } from '@nestjs/common';
import { isUuid, only } from '@virga/kernel';
import type { Reader, Tx } from '@virga/persistence';

export interface VolumeKey {
  id: string;
  wrapped: Uint8Array;
}

@Injectable()
export class KeysRepository {
  async insert(tx: Tx, { id, wrapped }: VolumeKey, projectId: string): Promise<void> {
    await tx.sql`INSERT INTO volume_key (id, project_id, wrapped) VALUES (${id}, ${projectId}, ${wrapped})`;
  }

  /** The key, if something that is encrypted with it is on a backend of this host, is being made there, or is on its way to it. */
  async findForHost(db: Reader, id: string, host: string): Promise<VolumeKey | undefined> {
    if (!isUuid(id)) return undefined;
    const rows = await db.sql<VolumeKey>`
      SELECT k.id, k.wrapped FROM volume_key k
      WHERE k.id = ${id} AND (
        EXISTS (SELECT FROM volume v JOIN backend b ON b.name = v.backend WHERE v.key_id = k.id AND b.host = ${host} AND v.deleted_at IS NULL)
        OR EXISTS (SELECT FROM snapshot s JOIN backend b ON b.name = s.backend WHERE s.key_id = k.id AND b.host = ${host} AND s.deleted_at IS NULL)
        OR EXISTS (
          SELECT FROM backup u JOIN volume v ON v.id = u.restore_volume_id JOIN backend b ON b.name = v.backend
          WHERE u.key_id = k.id AND b.host = ${host} AND u.deleted_at IS NULL)
        OR EXISTS (
          SELECT FROM volume_migration m JOIN volume v ON v.id = m.volume_id JOIN backend b ON b.name = m.target_backend
          WHERE v.key_id = k.id AND b.host = ${host} AND m.ended_at IS NULL))`;
    return only(rows);
  }

  async hasUnused(db: Reader): Promise<boolean> {
    const rows = await db.sql`
      SELECT FROM volume_key k WHERE NOT EXISTS (SELECT FROM volume WHERE key_id = k.id AND deleted_at IS NULL)
        AND NOT EXISTS (SELECT FROM snapshot WHERE key_id = k.id AND deleted_at IS NULL)
        AND NOT EXISTS (SELECT FROM backup WHERE key_id = k.id AND deleted_at IS NULL) LIMIT 1`;
    return rows.length > 0;
  }

  /**
   * Forgets at most so many keys that nothing is encrypted with any more; answers how many. Whoever names keys in another table
   * refers to `volume_key` from there: what it still names stays.
   */
  async forgetUnused(tx: Tx, limit: number): Promise<number> {
    const rows = await tx.sql<{ id: string }>`
      SELECT k.id FROM volume_key k WHERE NOT EXISTS (SELECT FROM volume WHERE key_id = k.id AND deleted_at IS NULL)
        AND NOT EXISTS (SELECT FROM snapshot WHERE key_id = k.id AND deleted_at IS NULL)
        AND NOT EXISTS (SELECT FROM backup WHERE key_id = k.id AND deleted_at IS NULL) ORDER BY k.created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`;
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return 0;
    await tx.sql`UPDATE volume SET key_id = NULL WHERE key_id = ANY (${ids}::uuid[]) AND deleted_at IS NOT NULL`;
    await tx.sql`UPDATE snapshot SET key_id = NULL WHERE key_id = ANY (${ids}::uuid[]) AND deleted_at IS NOT NULL`;
    await tx.sql`UPDATE backup SET key_id = NULL WHERE key_id = ANY (${ids}::uuid[]) AND deleted_at IS NOT NULL`;
    await tx.sql`DELETE FROM volume_key WHERE id = ANY (${ids}::uuid[])`;
    return ids.length;
  }
}
