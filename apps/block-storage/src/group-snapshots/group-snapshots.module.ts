import { Module } from '@nestjs/common';
import { BackendsModule } from '../backends/index.js';
import { GroupTypesModule } from '../group-types/index.js';
import { GroupsModule } from '../groups/index.js';
import { SnapshotsModule } from '../snapshots/index.js';
import { VolumesModule } from '../volumes/index.js';
import { GroupSnapshotsController } from './group-snapshots.controller.js';
import { GroupSnapshotsRepository } from './group-snapshots.repository.js';
import { GroupSnapshotParts, GroupSnapshotRows, GroupSnapshotsService } from './group-snapshots.service.js';
import { CreateGroupSnapshot } from './operations/create-group-snapshot.operation.js';
import { DeleteGroupSnapshot } from './operations/delete-group-snapshot.operation.js';

@Module({
  imports: [BackendsModule, GroupTypesModule, GroupsModule, SnapshotsModule, VolumesModule],
  controllers: [GroupSnapshotsController],
  providers: [GroupSnapshotsRepository, GroupSnapshotRows, GroupSnapshotParts, GroupSnapshotsService, CreateGroupSnapshot, DeleteGroupSnapshot],
})
export class GroupSnapshotsModule {}
