import { Injectable } from '@nestjs/common';
import { isUuid, only, type ProjectId, type PublicFault, type UserId, type VolumeId } from '@virga/kernel';
import { json, type Reader, type Tx } from '@virga/persistence';
import { ScheduleRow } from './schedule.row.js';
import type { Schedule } from './schedule.js';

/** A schedule with something to do: a snapshot to take, or snapshots to remove. */
export interface SeenSchedule {
  schedule: Schedule;
  isDue: boolean;
  /** Snapshots of it beyond those that stay, the oldest. */
  surplus: string[];
}

@Injectable()
export class SchedulesRepository {
  async insert(tx: Tx, schedule: Omit<Schedule, 'lastAt' | 'fault' | 'createdAt'>): Promise<Schedule> {
    return scheduleFrom(await tx.insert(ScheduleRow, {
      id: schedule.id, volume_id: schedule.volumeId, project_id: schedule.projectId, user_id: schedule.userId, name: schedule.name,
      every_minutes: schedule.everyMinutes, keep: schedule.keep, next_at: schedule.nextAt,
    }));
  }

  async ofVolume(db: Reader, volumeId: string): Promise<Schedule[]> {
    return (await db.sql<ScheduleRow>`SELECT * FROM snapshot_schedule WHERE volume_id = ${volumeId} ORDER BY created_at, id`).map(scheduleFrom);
  }

  /** Answers whether there was one. */
  async delete(tx: Tx, volumeId: string, id: string): Promise<boolean> {
    return isUuid(id) && (await tx.sql`DELETE FROM snapshot_schedule WHERE id = ${id} AND volume_id = ${volumeId} RETURNING id`).length > 0;
  }

  /** Those with something to do, in the order of their ids. */
  async busy(db: Reader, now: Date, after: string, limit: number): Promise<SeenSchedule[]> {
    const rows = await db.sql<ScheduleRow & { is_due: boolean; surplus: string[] }>`
      SELECT * FROM (
        SELECT s.*, s.next_at <= ${now} AS is_due,
          ARRAY(SELECT p.id::text FROM snapshot p WHERE p.schedule_id = s.id AND p.deleted_at IS NULL AND p.status = 'available' AND p.group_snapshot_id IS NULL
            ORDER BY p.created_at DESC, p.id DESC OFFSET s.keep) AS surplus
        FROM snapshot_schedule s JOIN volume v ON v.id = s.volume_id AND v.deleted_at IS NULL WHERE s.id > ${after}) AS seen
      WHERE is_due OR cardinality(surplus) > 0 ORDER BY id LIMIT ${limit}`;
    return rows.map((row) => ({ schedule: scheduleFrom(row), isDue: row.is_due, surplus: row.surplus }));
  }

  /** The schedule, if it is still due; nobody else takes its snapshot until the transaction ends. */
  async lockDue(tx: Tx, id: string, now: Date): Promise<Schedule | undefined> {
    const row = only(await tx.sql<ScheduleRow>`SELECT * FROM snapshot_schedule WHERE id = ${id} AND next_at <= ${now} FOR UPDATE`);
    return row && scheduleFrom(row);
  }

  /** Its snapshot has been begun, or could not be. */
  async proceed(tx: Tx, { id }: Schedule, { nextAt, lastAt, fault }: Pick<Schedule, 'nextAt' | 'lastAt' | 'fault'>): Promise<void> {
    await tx.sql`UPDATE snapshot_schedule SET next_at = ${nextAt}, last_at = ${lastAt}, fault = ${fault === null ? null : json(fault)} WHERE id = ${id}`;
  }

  async claim(tx: Tx, { id }: Schedule, snapshotIds: readonly string[]): Promise<void> {
    await tx.sql`UPDATE snapshot SET schedule_id = ${id} WHERE id = ANY(${snapshotIds}::uuid[])`;
  }
}

function scheduleFrom(row: ScheduleRow): Schedule {
  return {
    id: row.id, volumeId: row.volume_id as VolumeId, projectId: row.project_id as ProjectId, userId: row.user_id as UserId, name: row.name,
    everyMinutes: row.every_minutes, keep: row.keep, nextAt: row.next_at, lastAt: row.last_at, fault: row.fault as PublicFault | null, createdAt: row.created_at,
  };
}
