import type { schedules as contract } from '@virga/contracts-block-storage';
import { NotFound, type Id, type ProjectId, type UserId } from '@virga/kernel';
import type { ScheduleRule } from './schedule-rule.js';

export type ScheduleId = Id<'schedule'>;
export type ScheduleRunId = Id<'schedule-run'>;
export type ScheduleAction = (typeof contract.SCHEDULE_ACTIONS)[number];
export type RunState = (typeof contract.SCHEDULE_RUN_STATES)[number];
export type ProductKind = 'snapshot' | 'backup';

/** What is made of volumes again and again, in the name of whoever wanted it. */
export interface Schedule {
  id: ScheduleId;
  projectId: ProjectId;
  userId: UserId;
  name: string;
  description: string | null;
  volumeIds: readonly string[];
  action: ScheduleAction;
  rule: ScheduleRule;
  /** How many are kept of each volume. */
  keep: number;
  isEnabled: boolean;
  /** What intervals are counted from. */
  anchorAt: Date;
  /** Null where it is off. */
  nextRunAt: Date | null;
  lastRunAt: Date | null;
  lastState: RunState | null;
  lastMessage: string | null;
  createdAt: Date;
  updatedAt: Date | null;
}

/** Something that a schedule has begun to make; it may be gone by now. */
export interface Product {
  id: string;
  scheduleId: ScheduleId;
  volumeId: string;
  kind: ProductKind;
  isIncremental: boolean;
  /** It has been seen whole: whatever becomes of it, it was a good one. */
  isComplete: boolean;
  createdAt: Date;
}

export class ScheduleUnknown extends NotFound {
  constructor(id: string) {
    super('block-storage.schedule.unknown', `Schedule ${id.slice(0, 64)} could not be found.`);
  }
}

export function productKindOf(action: ScheduleAction): ProductKind {
  return action === 'snapshot' ? 'snapshot' : 'backup';
}
