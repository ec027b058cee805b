import { Module } from '@nestjs/common';
import { BackendsModule } from '../backends/index.js';
import { GroupTypesModule } from '../group-types/index.js';
import { SnapshotsModule } from '../snapshots/index.js';
import { VolumeTypesModule } from '../volume-types/index.js';
import { VolumesModule } from '../volumes/index.js';
import { GroupAccess } from './group-access.js';
import { GroupCatalogue, GroupCopying, GroupMaking } from './group-making.service.js';
import { GroupSources } from './group-sources.js';
import { GroupsController } from './groups.controller.js';
import { GroupsRepository } from './groups.repository.js';
import { GroupRows, GroupsService } from './groups.service.js';
import { CopyGroup } from './operations/copy-group.operation.js';
import { DeleteGroup } from './operations/delete-group.operation.js';

@Module({
  imports: [BackendsModule, GroupTypesModule, SnapshotsModule, VolumeTypesModule, VolumesModule],
  controllers: [GroupsController],
  providers: [GroupsRepository, GroupAccess, GroupRows, GroupsService, GroupCatalogue, GroupCopying, GroupSources, GroupMaking, CopyGroup, DeleteGroup],
  exports: [GroupsRepository, GroupAccess],
})
export class GroupsModule {}
