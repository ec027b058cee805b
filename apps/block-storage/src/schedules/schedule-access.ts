import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { backups, contextIsAdmin, snapshots } from '@virga/contracts-block-storage';
import { Forbidden, raise, type Caller, type ProjectId } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { VolumesRepository, VolumeUnknown } from '../volumes/index.js';
import { ScheduleUnknown, type Schedule, type ScheduleAction } from './schedule.js';
import { SchedulesRepository } from './schedules.repository.js';

/** Who may do what with schedules: one of another project does not exist for anyone but administrators. */
@Injectable()
export class ScheduleAccess {
  constructor(
    private readonly db: Database, private readonly schedules: SchedulesRepository, private readonly volumes: VolumesRepository, private readonly policy: Policy,
  ) {}

  isAdmin(caller: Caller): boolean {
    return this.policy.allows(caller, contextIsAdmin, {});
  }

  /** The caller's own project, in which the caller may do this. */
  own(caller: Caller, rule: PolicyRule): ProjectId {
    this.policy.require(caller, rule, { project_id: caller.projectId });
    return caller.projectId ?? raise(new Forbidden('block-storage.no-project', 'Use a token that is scoped to a project.'));
  }

  /** The schedule, if the caller may do this to it; throws `ScheduleUnknown` and `Forbidden`. */
  async require(caller: Caller, rule: PolicyRule, id: string): Promise<Schedule> {
    const schedule = await this.schedules.find(this.db, id);
    const isSeen = schedule !== undefined && (schedule.projectId === caller.projectId || this.isAdmin(caller));
    // The rule is asked even where there is nothing: both answers look the same.
    this.policy.require(caller, rule, { project_id: schedule?.projectId, user_id: schedule?.userId }, isSeen ? undefined : () => new ScheduleUnknown(id));
    return isSeen ? schedule : raise(new ScheduleUnknown(id));
  }

  /** Whoever may not make something by hand may not have it made; and only of volumes of the schedule's project. Throws `Forbidden`, `VolumeUnknown`. */
  async requireMaking(caller: Caller, projectId: ProjectId, { action, volumeIds }: { action: ScheduleAction; volumeIds: readonly string[] }): Promise<void> {
    const rule = action === 'snapshot' ? snapshots.createSnapshot.policy : backups.createBackup.policy;
    this.policy.require(caller, rule, { project_id: projectId });
    const found = await this.volumes.byIds(this.db, volumeIds);
    const own = new Set<string>(found.filter((volume) => volume.projectId === projectId && volume.status !== 'deleted').map(({ id }) => id));
    const unknown = volumeIds.find((id) => !own.has(id));
    if (unknown !== undefined) throw new VolumeUnknown(unknown);
  }
}
