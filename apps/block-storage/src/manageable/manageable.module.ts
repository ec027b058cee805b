import { Module } from '@nestjs/common';
import { BackendsModule } from '../backends/index.js';
import { ReportsModule } from '../reports/index.js';
import { VolumeTypesModule } from '../volume-types/index.js';
import { VolumesModule } from '../volumes/index.js';
import { ManageableController } from './manageable.controller.js';
import { ManageableService } from './manageable.service.js';
import { ManageRequests, ManageRows } from './manage-requests.js';
import { ManageParts, ManageVolume } from './operations/manage-volume.operation.js';
import { UnmanagedVolumesRepository } from './unmanaged-volumes.repository.js';

@Module({
  imports: [BackendsModule, ReportsModule, VolumeTypesModule, VolumesModule],
  controllers: [ManageableController],
  providers: [ManageableService, ManageRequests, ManageRows, ManageParts, ManageVolume, UnmanagedVolumesRepository],
})
export class ManageableModule {}
