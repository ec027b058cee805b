import { Module } from '@nestjs/common';
import { BackupsModule } from '../backups/index.js';
import { MessagesModule } from '../messages/index.js';
import { SnapshotsModule } from '../snapshots/index.js';
import { VolumesModule } from '../volumes/index.js';
import { BackupMaker } from './backup-maker.js';
import { DueSchedules } from './due-schedules.reconciler.js';
import { Makers } from './makers.js';
import { RunSchedule } from './operations/run-schedule.operation.js';
import { ScheduleAccess } from './schedule-access.js';
import { ScheduleEnding } from './schedule-ending.js';
import { ScheduleFailures } from './schedule-failures.js';
import { ScheduleMaking } from './schedule-making.js';
import { ScheduleProductsRepository } from './schedule-products.repository.js';
import { ScheduleRetention } from './schedule-retention.js';
import { ScheduleRunsRepository } from './schedule-runs.repository.js';
import { ScheduleRows, ScheduleStanding } from './schedule-standing.js';
import { SchedulesController } from './schedules.controller.js';
import { SchedulesRepository } from './schedules.repository.js';
import { SchedulesService } from './schedules.service.js';
import { SnapshotMaker } from './snapshot-maker.js';
import { SnapshotUsesRepository } from './snapshot-uses.repository.js';

@Module({
  imports: [BackupsModule, MessagesModule, SnapshotsModule, VolumesModule],
  controllers: [SchedulesController],
  providers: [
    SchedulesRepository, ScheduleRunsRepository, ScheduleProductsRepository, SnapshotUsesRepository, ScheduleRows, ScheduleAccess, ScheduleStanding, SnapshotMaker, BackupMaker, Makers,
    ScheduleFailures, ScheduleMaking, ScheduleRetention, ScheduleEnding, SchedulesService, DueSchedules, RunSchedule,
  ],
})
export class SchedulesModule {}
