import { NotFound, OverLimit, type Instant, type ProjectId, type PublicFault, type UserId, type VolumeId } from '@virga/kernel';

/** Snapshots of a volume that are taken by themselves. */
export interface Schedule {
  id: string;
  volumeId: VolumeId;
  /** Whose the snapshots become, and who is charged for them. */
  projectId: ProjectId;
  userId: UserId;
  name: string | null;
  everyMinutes: number;
  /** How many of its snapshots stay. */
  keep: number;
  nextAt: Date;
  lastAt: Date | null;
  fault: PublicFault | null;
  createdAt: Date;
}

/** Of one volume. More would be a mistake: each costs a snapshot now and then. */
export const MOST_SCHEDULES = 10;

export class ScheduleUnknown extends NotFound {
  constructor(id: string) {
    super('block-storage.schedule.unknown', `Snapshot schedule ${id.slice(0, 64)} could not be found.`);
  }
}

export class TooManySchedules extends OverLimit {
  constructor() {
    super('block-storage.schedule.too-many', `A volume can have ${MOST_SCHEDULES} snapshot schedules.`);
  }
}

/** When it is due after `now`: what was missed meanwhile is not made up for. Pure. */
export function nextDue({ nextAt, everyMinutes }: Pick<Schedule, 'nextAt' | 'everyMinutes'>, now: Instant): Date {
  const every = everyMinutes * 60_000;
  const missed = Math.max(0, Math.floor((now - nextAt.getTime()) / every));
  return new Date(nextAt.getTime() + (missed + 1) * every);
}
