import { Injectable } from '@nestjs/common';
import { Invalid } from '@virga/kernel';
import type { Maker } from './maker.js';
import type { ScheduleAction } from './schedule.js';
import { SnapshotMaker } from './snapshot-maker.js';

/** There is nothing yet that makes it. */
export class ActionUnavailable extends Invalid {
  constructor(action: string) {
    super('block-storage.schedule.action', `Schedules of the action '${action}' are not available in this cloud.`);
  }
}

/** Who makes what a schedule is for. */
@Injectable()
export class Makers {
  constructor(private readonly snapshots: SnapshotMaker) {}

  of(action: ScheduleAction): Maker {
    if (action !== 'snapshot') throw new ActionUnavailable(action);
    return this.snapshots;
  }
}
