import { Injectable } from '@nestjs/common';
import { BackupMaker } from './backup-maker.js';
import type { Maker } from './maker.js';
import type { ScheduleAction } from './schedule.js';
import { SnapshotMaker } from './snapshot-maker.js';

/** Who makes what a schedule is for. */
@Injectable()
export class Makers {
  constructor(private readonly snapshots: SnapshotMaker, private readonly backups: BackupMaker) {}

  of(action: ScheduleAction): Maker {
    return action === 'snapshot' ? this.snapshots : this.backups;
  }
}
