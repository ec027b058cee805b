import { Inject, Injectable } from '@nestjs/common';
import { schedules as contract } from '@virga/contracts-block-storage';
import { CLOCK, newId, type Caller, type Clock } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { charge } from '../quota.js';
import { MarkerUnknown } from '../wire/index.js';
import { ScheduleAccess } from './schedule-access.js';
import { nextRunAt, requireSound, type ScheduleRule } from './schedule-rule.js';
import type { ScheduleRun } from './schedule-run.js';
import { ScheduleRows } from './schedule-standing.js';
import type { Schedule } from './schedule.js';
import type { ScheduleList, ScheduleSettings } from './schedules.repository.js';

export type ScheduleWish = Pick<Schedule, 'name' | 'description' | 'volumeIds' | 'action' | 'rule' | 'keep' | 'isEnabled'>;

@Injectable()
export class SchedulesService {
  constructor(
    private readonly db: Database,
    private readonly rows: ScheduleRows,
    private readonly access: ScheduleAccess,
    private readonly quotas: Quotas,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  isAdmin(caller: Caller): boolean {
    return this.access.isAdmin(caller);
  }

  async list(caller: Caller, wanted: Omit<ScheduleList, 'projectId'>): Promise<{ found: Schedule[]; count: number | undefined }> {
    const own = this.access.own(caller, contract.listSchedules.policy);
    const list = { ...wanted, projectId: wanted.isForAll ? undefined : own };
    if (list.marker !== undefined) await this.requireMarker(list.marker, list.projectId);
    return { found: await this.rows.schedules.page(this.db, list), count: list.isCounted ? await this.rows.schedules.count(this.db, list) : undefined };
  }

  async create(caller: Caller, wish: ScheduleWish): Promise<Schedule> {
    const projectId = this.access.own(caller, contract.createSchedule.policy);
    await this.requirePossible(caller, { ...wish, projectId });
    const createdAt = new Date(this.clock.now());
    return this.db.transaction(async (tx) => {
      await charge(this.quotas, tx, projectId, contract.createSchedule.charges);
      return this.rows.schedules.insert(tx, { id: newId(), projectId, userId: caller.userId, createdAt, ...wish, ...this.dueFrom(wish) });
    });
  }

  get(caller: Caller, id: string): Promise<Schedule> {
    return this.access.require(caller, contract.showSchedule.policy, id);
  }

  async update(caller: Caller, id: string, wish: Partial<ScheduleWish>): Promise<Schedule> {
    const known = await this.access.require(caller, contract.updateSchedule.policy, id);
    await this.requirePossible(caller, { projectId: known.projectId, action: wish.action ?? known.action, rule: wish.rule ?? known.rule, volumeIds: wish.volumeIds ?? [] });
    return this.db.transaction((tx) => this.change(tx, id, wish));
  }

  async delete(caller: Caller, id: string): Promise<void> {
    const { id: known } = await this.access.require(caller, contract.deleteSchedule.policy, id);
    await this.db.transaction((tx) => this.rows.schedules.delete(tx, known));
  }

  /** The newest first. */
  async runs(caller: Caller, id: string, page: { limit: number; marker: string | undefined }): Promise<ScheduleRun[]> {
    const schedule = await this.access.require(caller, contract.listScheduleRuns.policy, id);
    if (page.marker !== undefined && (await this.rows.runs.find(this.db, page.marker))?.scheduleId !== schedule.id) throw new MarkerUnknown(page.marker);
    return this.rows.runs.page(this.db, schedule.id, page);
  }

  private async requirePossible(caller: Caller, { projectId, ...wish }: Pick<Schedule, 'projectId' | 'action' | 'rule' | 'volumeIds'>): Promise<void> {
    requireSound(wish.rule, this.clock.now());
    await this.access.requireMaking(caller, projectId, wish);
  }

  private async change(tx: Tx, id: string, wish: Partial<ScheduleWish>): Promise<Schedule> {
    const old = await this.rows.schedules.lock(tx, id);
    const wanted: ScheduleSettings = { ...old, ...wish };
    // Another rule, or being on again, counts from now; all else leaves what is due as it is.
    const isAnew = wanted.isEnabled && (wish.rule !== undefined || !old.isEnabled);
    const due = isAnew ? this.dueFrom(wanted) : wanted.isEnabled ? {} : { nextRunAt: null };
    return this.rows.schedules.change(tx, old, { ...wanted, ...due }, new Date(this.clock.now()));
  }

  private dueFrom({ rule, isEnabled }: { rule: ScheduleRule; isEnabled: boolean }): Pick<Schedule, 'anchorAt' | 'nextRunAt'> {
    const now = this.clock.now();
    return { anchorAt: new Date(now), nextRunAt: isEnabled ? new Date(nextRunAt(rule, now, now)) : null };
  }

  private async requireMarker(id: string, projectId: string | undefined): Promise<void> {
    const marker = await this.rows.schedules.find(this.db, id);
    if (marker === undefined || (projectId !== undefined && marker.projectId !== projectId)) throw new MarkerUnknown(id);
  }
}
