import { Injectable } from '@nestjs/common';
import { only } from '@virga/kernel';
import type { Reader, Tx } from '@virga/persistence';

export interface VolumeKey {
  id: string;
  wrapped: Uint8Array;
}

/** Whether something that exists, or its remains, still need the key. Whoever keeps keys in another table adds it here. */
@Injectable()
export class KeysRepository {
  async insert(tx: Tx, { id, wrapped }: VolumeKey, projectId: string): Promise<void> {
    await tx.sql`INSERT INTO volume_key (id, project_id, wrapped) VALUES (${id}, ${projectId}, ${wrapped})`;
  }

  /** The key, if something that is encrypted with it is on a backend of this host, or is being made there. */
  async findForHost(db: Reader, id: string, host: string): Promise<VolumeKey | undefined> {
    const row = only(await db.sql<VolumeKey>`
      SELECT k.id, k.wrapped FROM volume_key k
      WHERE k.id = ${id} AND (
        EXISTS (SELECT FROM volume v JOIN backend b ON b.name = v.backend WHERE v.key_id = k.id AND b.host = ${host} AND v.deleted_at IS NULL)
        OR EXISTS (SELECT FROM snapshot s JOIN backend b ON b.name = s.backend WHERE s.key_id = k.id AND b.host = ${host} AND s.deleted_at IS NULL))`);
    return row;
  }
}
