import { Injectable } from '@nestjs/common';
import type { Reader, Tx } from '@virga/persistence';

/** How many old hashes of a user are kept. */
const HISTORY = 10;

export interface StoredPassword {
  hash: string;
  expiresAt: number | undefined;
}

@Injectable()
export class PasswordsRepository {
  /** The password that counts; undefined for a user without one. */
  async find(db: Reader, userId: string): Promise<StoredPassword | undefined> {
    const [row] = await db.sql<{ hash: string; expires_at: Date | null }>`
      SELECT hash, expires_at FROM password WHERE user_id = ${userId} ORDER BY id DESC LIMIT 1`;
    return row && { hash: row.hash, expiresAt: row.expires_at?.getTime() };
  }

  async set(tx: Tx, userId: string, hash: string): Promise<void> {
    await tx.sql`INSERT INTO password (user_id, hash) VALUES (${userId}, ${hash})`;
    await tx.sql`
      DELETE FROM password WHERE user_id = ${userId}
        AND id NOT IN (SELECT id FROM password WHERE user_id = ${userId} ORDER BY id DESC LIMIT ${HISTORY})`;
  }

  async remove(tx: Tx, userId: string): Promise<void> {
    await tx.sql`DELETE FROM password WHERE user_id = ${userId}`;
  }
}
