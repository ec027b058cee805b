import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, hours, minutes, seconds, type Clock, type Duration } from '@virga/kernel';
import { Database } from '@virga/persistence';
import type { SyncChange } from './sync-change.js';
import { SyncChangesRepository } from './sync-changes.repository.js';

declare module '../containers/container.js' {
  interface ContainerSettings {
    /** Objects up to this name have been noted for synchronization; absent: all of them. */
    syncFill?: string;
  }
}

/**
 * How long one attempt may take before another process may try the same name.
 *
 * Too low: a large object is sent twice at the same time, which costs, and is harmless. Too high: after a crash, what was
 * being sent waits for so long.
 */
export const ATTEMPT_LIMIT: Duration = hours(1);

const FIRST_WAIT = seconds(10);
const LONGEST_WAIT = minutes(30);
const FILL_BATCH = 1_000;

/**
 * Names that have changed in containers that synchronize with another cluster. The committer notes them in the transaction that
 * changes them, so that no change is missed and none is noted that was not made; whoever has sent one takes it off the list,
 * unless it has changed again.
 */
@Injectable()
export class SyncChanges {
  constructor(private readonly db: Database, private readonly repository: SyncChangesRepository, @Inject(CLOCK) private readonly clock: Clock) {}

  /** Takes at most `limit` changes that are due; each is this process's for `ATTEMPT_LIMIT`. */
  async claim(limit: number): Promise<SyncChange[]> {
    const now = this.clock.now();
    const rows = await this.repository.claim(this.db, new Date(now), new Date(now + ATTEMPT_LIMIT), limit);
    return rows.map((row) => ({ containerId: row.container_id, name: row.name, changedAt: row.changed_at, attempts: row.attempts }));
  }

  async done({ containerId, name, changedAt }: SyncChange): Promise<void> {
    await this.repository.remove(this.db, containerId, name, changedAt);
  }

  /** Tries again later: after ten seconds at first, after half an hour in the end. */
  async failed(change: SyncChange, problem: string): Promise<void> {
    const wait = Math.min(FIRST_WAIT * 2 ** Math.min(change.attempts - 1, 20), LONGEST_WAIT);
    await this.repository.postpone(this.db, change, new Date(this.clock.now() + wait), problem.slice(0, 200));
  }

  /** Notes some of the objects that were there before their container began to synchronize; answers whether there may be more. */
  async fill(): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const container = await this.repository.toFill(tx);
      if (container === undefined) return false;
      const last = await this.repository.fill(tx, container.id, container.after, new Date(this.clock.now()), FILL_BATCH);
      await this.repository.setFill(tx, container.id, last);
      return true;
    });
  }
}
