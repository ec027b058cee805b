import { Injectable } from '@nestjs/common';
import type { Reader, Tx } from '@virga/persistence';
import type { ContainerId } from '../containers/index.js';
import type { Microseconds } from '../timestamps/index.js';
import type { SyncChange } from './sync-change.js';

export interface SyncChangeRow {
  container_id: ContainerId;
  name: string;
  changed_at: Microseconds;
  attempts: number;
}

@Injectable()
export class SyncChangesRepository {
  /** Takes what is due, the longest waiting first, and lets nobody else take it before `again`. */
  async claim(db: Reader, now: Date, again: Date, limit: number): Promise<SyncChangeRow[]> {
    return db.sql`
      UPDATE sync_change s SET due_at = ${again}, attempts = attempts + 1
      FROM (SELECT container_id, name FROM sync_change WHERE due_at <= ${now} ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED) d
      WHERE s.container_id = d.container_id AND s.name = d.name
      RETURNING s.container_id, s.name, s.changed_at, s.attempts`;
  }

  /** Only what has not changed again meanwhile is done. */
  async remove(db: Reader, container: ContainerId, name: string, changedAt: Microseconds): Promise<void> {
    await db.sql`DELETE FROM sync_change WHERE container_id = ${container} AND name = ${name} AND changed_at = ${changedAt}`;
  }

  /** What has changed again meanwhile is due as the change said. */
  async postpone(db: Reader, { containerId, name, changedAt }: Pick<SyncChange, 'containerId' | 'name' | 'changedAt'>, until: Date, problem: string): Promise<void> {
    await db.sql`UPDATE sync_change SET due_at = ${until}, problem = ${problem} WHERE container_id = ${containerId} AND name = ${name} AND changed_at = ${changedAt}`;
  }

  /** A container whose older objects have not all been noted yet, for this process alone until the transaction ends. */
  async toFill(tx: Tx): Promise<{ id: ContainerId; after: string } | undefined> {
    const rows = await tx.sql<{ id: ContainerId; after: string }>`
      SELECT id, settings->>'syncFill' AS after FROM container WHERE settings ? 'syncFill' LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`;
    return rows[0];
  }

  /** Notes the next objects by name; answers the last name, or undefined where there are no more. */
  async fill(tx: Tx, container: ContainerId, after: string, now: Date, limit: number): Promise<string | undefined> {
    const rows = await tx.sql<{ name: string }>`
      WITH next AS (
        SELECT name, modified_at FROM object WHERE container_id = ${container} AND name > ${after} AND is_current AND NOT is_delete_marker ORDER BY name LIMIT ${limit}),
      noted AS (
        INSERT INTO sync_change (container_id, name, changed_at, due_at) SELECT ${container}, name, modified_at, ${now} FROM next ON CONFLICT DO NOTHING)
      SELECT name FROM next ORDER BY name DESC LIMIT 1`;
    return rows[0]?.name;
  }

  async setFill(tx: Tx, container: ContainerId, after: string | undefined): Promise<void> {
    if (after === undefined) await tx.sql`UPDATE container SET settings = settings - 'syncFill' WHERE id = ${container}`;
    else await tx.sql`UPDATE container SET settings = jsonb_set(settings, '{syncFill}', to_jsonb(${after}::text)) WHERE id = ${container}`;
  }
}
