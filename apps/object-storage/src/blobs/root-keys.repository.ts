import { Injectable } from '@nestjs/common';
import type { Reader, Tx } from '@virga/persistence';

export interface RootKeyRow {
  id: number;
  sealed: Buffer;
  created_at: Date;
}

@Injectable()
export class RootKeysRepository {
  async all(db: Reader): Promise<RootKeyRow[]> {
    return db.sql`SELECT id, sealed, created_at FROM root_key ORDER BY id`;
  }

  /** Whether it was added; false where another process added one of that number. */
  async add(db: Reader, row: RootKeyRow): Promise<boolean> {
    const rows = await db.sql<{ id: number }>`
      INSERT INTO root_key (id, sealed, created_at) VALUES (${row.id}, ${row.sealed}, ${row.created_at}) ON CONFLICT DO NOTHING RETURNING id`;
    return rows.length > 0;
  }

  /** Removes a key that seals nothing any more. */
  async retire(tx: Tx, id: number): Promise<boolean> {
    const rows = await tx.sql<{ id: number }>`
      DELETE FROM root_key WHERE id = ${id} AND NOT EXISTS (SELECT FROM blob WHERE key_id = ${id}) RETURNING id`;
    return rows.length > 0;
  }
}
