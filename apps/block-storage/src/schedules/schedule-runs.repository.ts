import { Injectable } from '@nestjs/common';
import { isUuid, only, raise } from '@virga/kernel';
import { json, keyset, markerValues, type KeysetColumn, type Reader, type Tx } from '@virga/persistence';
import { ScheduleRunRow } from './schedule-run.row.js';
import type { Removal, RunResult, ScheduleRun } from './schedule-run.js';
import { ScheduleUnknown, type RunState, type ScheduleAction, type ScheduleId, type ScheduleRunId } from './schedule.js';

export type NewRun = Pick<ScheduleRun, 'id' | 'scheduleId' | 'action' | 'dueAt' | 'startedAt'> & Partial<Pick<ScheduleRun, 'state' | 'message' | 'finishedAt'>>;

const NEWEST_FIRST: readonly KeysetColumn[] = [{ column: 'r.started_at', direction: 'desc' }, { column: 'r.id', direction: 'desc' }];

/** The table `schedule_run`. */
@Injectable()
export class ScheduleRunsRepository {
  async insert(tx: Tx, { id, scheduleId, action, dueAt, startedAt, state, message, finishedAt }: NewRun): Promise<void> {
    await tx.insert(ScheduleRunRow, {
      id, schedule_id: scheduleId, action, due_at: dueAt, started_at: startedAt, state: state ?? 'running', message: message ?? null, finished_at: finishedAt ?? null,
    });
  }

  async find(db: Reader, id: string): Promise<ScheduleRun | undefined> {
    if (!isUuid(id)) return undefined;
    const row = only(await db.sql<ScheduleRunRow>`SELECT * FROM schedule_run WHERE id = ${id}`);
    return row && fromRow(row);
  }

  /** The run, kept from changing. Throws `ScheduleUnknown` where it has gone with its schedule. */
  async lock(tx: Tx, id: ScheduleRunId): Promise<ScheduleRun> {
    return fromRow(only(await tx.sql<ScheduleRunRow>`SELECT * FROM schedule_run WHERE id = ${id} FOR UPDATE`) ?? raise(new ScheduleUnknown(id)));
  }

  async page(db: Reader, scheduleId: ScheduleId, { limit, marker }: { limit: number; marker: string | undefined }): Promise<ScheduleRun[]> {
    const { after, order } = keyset(NEWEST_FIRST, marker === undefined ? undefined : markerValues('schedule_run', NEWEST_FIRST, { id: marker }));
    const rows = await db.sql<ScheduleRunRow>`SELECT r.* FROM schedule_run r WHERE r.schedule_id = ${scheduleId} AND ${after} ORDER BY ${order} LIMIT ${limit}`;
    return rows.map(fromRow);
  }

  async saveResults(tx: Tx, id: ScheduleRunId, results: readonly RunResult[]): Promise<void> {
    await tx.sql`UPDATE schedule_run SET results = ${json(results)} WHERE id = ${id}`;
  }

  async saveRemovals(tx: Tx, id: ScheduleRunId, removals: readonly Removal[]): Promise<void> {
    await tx.sql`UPDATE schedule_run SET removals = ${json(removals)} WHERE id = ${id}`;
  }

  async end(tx: Tx, id: ScheduleRunId, { state, message, at }: { state: RunState; message: string | null; at: Date }): Promise<void> {
    await tx.sql`UPDATE schedule_run SET state = ${state}, message = ${message}, finished_at = ${at} WHERE id = ${id}`;
  }

  /** Forgets all but the newest; one that goes on is not forgotten. */
  async prune(tx: Tx, scheduleId: ScheduleId, kept: number): Promise<void> {
    await tx.sql`
      DELETE FROM schedule_run WHERE state <> 'running' AND id IN (
        SELECT id FROM schedule_run WHERE schedule_id = ${scheduleId} ORDER BY started_at DESC, id DESC OFFSET ${kept})`;
  }
}

function fromRow(row: ScheduleRunRow): ScheduleRun {
  return {
    id: row.id as ScheduleRunId, scheduleId: row.schedule_id as ScheduleId, action: row.action as ScheduleAction, state: row.state as RunState, message: row.message,
    results: row.results as RunResult[], removals: row.removals as Removal[], dueAt: row.due_at, startedAt: row.started_at, finishedAt: row.finished_at,
  };
}
