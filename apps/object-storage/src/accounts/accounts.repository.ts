import { Injectable } from '@nestjs/common';
import { json, type Reader, type Tx } from '@virga/persistence';
import type { Metadata, StoredMetadata } from '../metadata/index.js';
import type { Microseconds } from '../timestamps/index.js';
import type { Totals } from './account.js';

/** A row of the table `account`. */
export interface AccountRow extends StoredMetadata {
  name: string;
  project_id: string;
  created_at: Microseconds;
  changed_at: Microseconds;
}

@Injectable()
export class AccountsRepository {
  async find(db: Reader, name: string): Promise<AccountRow | undefined> {
    const rows = await db.sql<AccountRow>`SELECT * FROM account WHERE name = ${name}`;
    return rows[0];
  }

  async lock(tx: Tx, name: string): Promise<AccountRow | undefined> {
    const rows = await tx.sql<AccountRow>`SELECT * FROM account WHERE name = ${name} FOR UPDATE`;
    return rows[0];
  }

  async ensure(db: Reader, name: string, projectId: string, now: Microseconds): Promise<void> {
    await db.sql`
      INSERT INTO account (name, project_id, created_at, changed_at) VALUES (${name}, ${projectId}, ${now}, ${now})
      ON CONFLICT DO NOTHING`;
  }

  async change(tx: Tx, name: string, stored: { metadata: Metadata; sealed: Buffer | null }, now: Microseconds): Promise<void> {
    await tx.sql`UPDATE account SET metadata = ${json(stored.metadata)}, sealed = ${stored.sealed}, changed_at = ${now} WHERE name = ${name}`;
  }

  async totals(db: Reader, name: string): Promise<(Totals & { policy: string })[]> {
    return db.sql`
      SELECT storage_policy AS policy, count(*) AS containers, coalesce(sum(object_count), 0) AS objects, coalesce(sum(bytes_used), 0) AS bytes
      FROM container WHERE account = ${name} GROUP BY storage_policy`;
  }

  async remove(tx: Tx, name: string): Promise<boolean> {
    const rows = await tx.sql<{ name: string }>`
      DELETE FROM account WHERE name = ${name} AND NOT EXISTS (SELECT FROM container WHERE account = ${name}) RETURNING name`;
    return rows.length > 0;
  }
}
