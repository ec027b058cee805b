import { Injectable } from '@nestjs/common';
import { isUuid, only, raise, type Instant, type ProjectId, type UserId } from '@virga/kernel';
import { all, fragment, json, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { conditionsOf, orderOf, type ListedColumns, type Listing } from '../listings/index.js';
import type { ScheduleRule } from './schedule-rule.js';
import { ScheduleRow } from './schedule.row.js';
import { ScheduleUnknown, type RunState, type Schedule, type ScheduleAction, type ScheduleId } from './schedule.js';

/** What users say of a schedule, and what follows from it. */
export type ScheduleSettings = Pick<Schedule, 'name' | 'description' | 'volumeIds' | 'action' | 'rule' | 'keep' | 'isEnabled' | 'anchorAt' | 'nextRunAt'>;
export type NewSchedule = ScheduleSettings & Pick<Schedule, 'id' | 'projectId' | 'userId' | 'createdAt'>;

/** Which schedules are listed: of a project or of all, also by a volume that is among theirs. */
export interface ScheduleList extends Listing {
  projectId: string | undefined;
  volumeId: string | undefined;
}

/** What lists are sorted and filtered by. */
const COLUMNS: ListedColumns = {
  id: { column: 's.id', as: 'uuid' }, name: { column: 's.name', as: 'text' }, action: { column: 's.action', as: 'text' }, is_enabled: { column: 's.is_enabled', as: 'boolean' },
  project_id: { column: 's.project_id', as: 'text' }, user_id: { column: 's.user_id', as: 'text' }, created_at: { column: 's.created_at', as: 'time' },
  next_run_at: { column: 's.next_run_at', as: 'time', isNullable: true }, last_run_at: { column: 's.last_run_at', as: 'time', isNullable: true },
};

/** The table `schedule`. */
@Injectable()
export class SchedulesRepository {
  async insert(tx: Tx, schedule: NewSchedule): Promise<Schedule> {
    return fromRow(await tx.insert(ScheduleRow, {
      id: schedule.id, project_id: schedule.projectId, user_id: schedule.userId, name: schedule.name, description: schedule.description,
      volume_ids: [...schedule.volumeIds], action: schedule.action, rule: schedule.rule, keep: schedule.keep, is_enabled: schedule.isEnabled,
      anchor_at: schedule.anchorAt, next_run_at: schedule.nextRunAt, created_at: schedule.createdAt,
    }));
  }

  async find(db: Reader, id: string): Promise<Schedule | undefined> {
    if (!isUuid(id)) return undefined;
    const row = only(await db.sql<ScheduleRow>`SELECT * FROM schedule WHERE id = ${id}`);
    return row && fromRow(row);
  }

  /** The schedule, kept from changing until the transaction ends. Throws `ScheduleUnknown`. */
  async lock(tx: Tx, id: string): Promise<Schedule> {
    return fromRow(only(await tx.sql<ScheduleRow>`SELECT * FROM schedule WHERE id = ${id} FOR UPDATE`) ?? raise(new ScheduleUnknown(id)));
  }

  async page(db: Reader, list: ScheduleList): Promise<Schedule[]> {
    const { order, after } = orderOf('schedule', 's', list, COLUMNS);
    const rows = await db.sql<ScheduleRow>`SELECT s.* FROM schedule s WHERE ${matching(list)} AND ${after} ORDER BY ${order} LIMIT ${list.limit} OFFSET ${list.offset}`;
    return rows.map(fromRow);
  }

  async count(db: Reader, list: ScheduleList): Promise<number> {
    const [row] = await db.sql<{ count: number }>`SELECT count(*)::integer AS count FROM schedule s WHERE ${matching(list)}`;
    return row?.count ?? 0;
  }

  /** What its user says of it from now on. */
  async change(tx: Tx, { id }: Schedule, settings: ScheduleSettings, at: Date): Promise<Schedule> {
    const { name, description, volumeIds, action, rule, keep, isEnabled, anchorAt, nextRunAt } = settings;
    const [row] = await tx.sql<ScheduleRow>`
      UPDATE schedule SET name = ${name}, description = ${description}, volume_ids = ${[...volumeIds]}::uuid[], action = ${action}, rule = ${json(rule)}, keep = ${keep},
        is_enabled = ${isEnabled}, anchor_at = ${anchorAt}, next_run_at = ${nextRunAt}, updated_at = ${at}
      WHERE id = ${id} RETURNING *`;
    return fromRow(row ?? raise(new ScheduleUnknown(id)));
  }

  /** Its runs, and the memory of what it has made, go with it. */
  async delete(tx: Tx, id: ScheduleId): Promise<void> {
    await tx.sql`DELETE FROM schedule WHERE id = ${id}`;
  }

  /** Those that are due, the longest due first; after the given one, as it was. */
  async due(db: Reader, now: Instant, limit: number, after?: Schedule): Promise<Schedule[]> {
    const rest = after === undefined ? fragment`TRUE` : fragment`(next_run_at, id) > (${after.nextRunAt}, ${after.id})`;
    const rows = await db.sql<ScheduleRow>`SELECT * FROM schedule WHERE next_run_at <= ${new Date(now)} AND ${rest} ORDER BY next_run_at, id LIMIT ${limit}`;
    return rows.map(fromRow);
  }

  /** The schedule, locked, if it still is due and nobody else is about to run it. */
  async claim(tx: Tx, id: ScheduleId, now: Instant): Promise<Schedule | undefined> {
    const row = only(await tx.sql<ScheduleRow>`SELECT * FROM schedule WHERE id = ${id} AND next_run_at <= ${new Date(now)} FOR UPDATE SKIP LOCKED`);
    return row && fromRow(row);
  }

  async becomeDue(tx: Tx, id: ScheduleId, next: Instant): Promise<void> {
    await tx.sql`UPDATE schedule SET next_run_at = ${new Date(next)} WHERE id = ${id}`;
  }

  async began(tx: Tx, id: ScheduleId, at: Instant): Promise<void> {
    await tx.sql`UPDATE schedule SET last_run_at = ${new Date(at)}, last_state = 'running', last_message = NULL WHERE id = ${id}`;
  }

  async ended(tx: Tx, id: ScheduleId, { state, message }: { state: RunState; message: string | null }): Promise<void> {
    await tx.sql`UPDATE schedule SET last_state = ${state}, last_message = ${message} WHERE id = ${id}`;
  }

  /** Volumes that are gone for good leave the schedule; one without volumes is off. */
  async dropVolumes(tx: Tx, id: ScheduleId, volumeIds: readonly string[]): Promise<void> {
    await tx.sql`
      WITH left_over AS (SELECT array(SELECT v FROM schedule, unnest(volume_ids) WITH ORDINALITY AS u (v, n) WHERE id = ${id} AND NOT v = ANY(${[...volumeIds]}::uuid[]) ORDER BY n) AS volumes)
      UPDATE schedule SET volume_ids = volumes, is_enabled = is_enabled AND volumes <> '{}',
        next_run_at = CASE WHEN volumes <> '{}' THEN next_run_at END
      FROM left_over WHERE id = ${id}`;
  }
}

function matching({ projectId, volumeId, filters }: ScheduleList): Fragment {
  return all([
    ...(projectId === undefined ? [] : [fragment`s.project_id = ${projectId}`]),
    ...(volumeId === undefined ? [] : [isUuid(volumeId) ? fragment`s.volume_ids @> ARRAY[${volumeId}]::uuid[]` : fragment`FALSE`]),
    ...conditionsOf(filters, COLUMNS),
  ]);
}

function fromRow(row: ScheduleRow): Schedule {
  return {
    id: row.id as ScheduleId, projectId: row.project_id as ProjectId, userId: row.user_id as UserId, name: row.name, description: row.description,
    volumeIds: row.volume_ids, action: row.action as ScheduleAction, rule: row.rule as ScheduleRule, keep: row.keep, isEnabled: row.is_enabled,
    anchorAt: row.anchor_at, nextRunAt: row.next_run_at, lastRunAt: row.last_run_at, lastState: row.last_state as RunState | null,
    lastMessage: row.last_message, createdAt: row.created_at, updatedAt: row.updated_at,
  };
}
