import { Module } from '@nestjs/common';
import { SnapshotsModule } from '../snapshots/index.js';
import { VolumesModule } from '../volumes/index.js';
import { SchedulesController } from './schedules.controller.js';
import { ScheduledSnapshots, SchedulesReconciler } from './schedules.reconciler.js';
import { SchedulesRepository } from './schedules.repository.js';
import { SchedulesService } from './schedules.service.js';

@Module({
  imports: [SnapshotsModule, VolumesModule],
  controllers: [SchedulesController],
  providers: [SchedulesRepository, SchedulesService, ScheduledSnapshots, SchedulesReconciler],
})
export class SchedulesModule {}
