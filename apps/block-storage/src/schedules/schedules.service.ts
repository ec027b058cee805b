import { Inject, Injectable } from '@nestjs/common';
import { snapshotSchedules as contract } from '@virga/contracts-block-storage';
import { CLOCK, newId, type Caller, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { projectOf } from '../snapshots/index.js';
import { VolumeAccess, VolumesRepository } from '../volumes/index.js';
import { MOST_SCHEDULES, ScheduleUnknown, TooManySchedules, type Schedule } from './schedule.js';
import { SchedulesRepository } from './schedules.repository.js';

@Injectable()
export class SchedulesService {
  constructor(
    private readonly db: Database,
    private readonly schedules: SchedulesRepository,
    private readonly volumes: VolumesRepository,
    private readonly access: VolumeAccess,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async list(caller: Caller, volumeId: string): Promise<Schedule[]> {
    const { id } = await this.access.require(caller, contract.listSnapshotSchedules.policy, volumeId);
    return this.schedules.ofVolume(this.db, id);
  }

  /** The first snapshot is due at once. */
  async create(caller: Caller, volumeId: string, wish: Pick<Schedule, 'name' | 'everyMinutes' | 'keep'>): Promise<Schedule> {
    const { id } = await this.access.require(caller, contract.createSnapshotSchedule.policy, volumeId);
    const owner = { projectId: projectOf(caller), userId: caller.userId };
    return this.db.transaction(async (tx) => {
      const volume = await this.volumes.lock(tx, id);
      if ((await this.schedules.ofVolume(tx, volume.id)).length >= MOST_SCHEDULES) throw new TooManySchedules();
      return this.schedules.insert(tx, { id: newId(), volumeId: volume.id, ...owner, ...wish, nextAt: new Date(this.clock.now()) });
    });
  }

  async delete(caller: Caller, volumeId: string, id: string): Promise<void> {
    const volume = await this.access.require(caller, contract.deleteSnapshotSchedule.policy, volumeId);
    await this.db.transaction(async (tx) => {
      if (!(await this.schedules.delete(tx, volume.id, id))) throw new ScheduleUnknown(id);
    });
  }
}
