import type { OutputOf, RequestFacts } from '@virga/contract';
import type { schedules as contract } from '@virga/contracts-block-storage';
import type { Caller } from '@virga/kernel';
import { bareTime, bareTimeOrNull, linksTo } from '../wire/index.js';
import type { ScheduleRun } from './schedule-run.js';
import { productKindOf, type ProductKind, type Schedule } from './schedule.js';

interface Asked {
  caller: Caller;
  request: RequestFacts;
}

type View<Contract, Key extends string> = Extract<OutputOf<Contract>, Record<Key, unknown>>[Key];
export type ScheduleView = View<typeof contract.showSchedule, 'schedule'>;
export type ScheduleRunView = View<typeof contract.listScheduleRuns, 'runs'>[number];

export function scheduleView(schedule: Schedule, { caller, request }: Asked): ScheduleView {
  const { id, name, description, action, rule, keep, lastState, lastMessage } = schedule;
  return {
    id, project_id: schedule.projectId, user_id: schedule.userId, name, description, volume_ids: [...schedule.volumeIds], action, rule: rule as ScheduleView['rule'], keep,
    is_enabled: schedule.isEnabled, next_run_at: bareTimeOrNull(schedule.nextRunAt), last_run_at: bareTimeOrNull(schedule.lastRunAt),
    last_outcome: lastState === null ? null : { state: lastState, message: lastMessage },
    created_at: bareTime(schedule.createdAt), updated_at: bareTimeOrNull(schedule.updatedAt), links: linksTo('x/schedules', id, request, caller),
  };
}

export function scheduleRunView({ id, action, state, message, results, removals, dueAt, startedAt, finishedAt }: ScheduleRun): ScheduleRunView {
  const kind = productKindOf(action);
  return {
    id, state, message, due_at: bareTime(dueAt), started_at: bareTime(startedAt), finished_at: bareTimeOrNull(finishedAt),
    volumes: results.map(({ volumeId, state: result, productId, message: reason }) => ({ volume_id: volumeId, state: result, ...product(kind, productId), message: reason })),
    removed: removals.map(({ productId, state: result, message: reason }) => ({ state: result, ...product(kind, productId), message: reason })),
  };
}

function product(kind: ProductKind, id: string | null): { snapshot_id?: string; backup_id?: string } {
  if (id === null) return {};
  return kind === 'snapshot' ? { snapshot_id: id } : { backup_id: id };
}
