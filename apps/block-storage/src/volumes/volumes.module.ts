import { Module } from '@nestjs/common';
import { BackendsModule } from '../backends/index.js';
import { ImagesModule } from '../images/index.js';
import { KeysModule } from '../keys/index.js';
import { MessagesModule } from '../messages/index.js';
import { ReportsModule } from '../reports/index.js';
import { SchedulingModule } from '../scheduling/index.js';
import { VolumeTypesModule } from '../volume-types/index.js';
import { VolumeCascade } from './cascade.js';
import { VolumeRestorations } from './restorations.js';
import { AcceptanceRows, CreateVolumes } from './create-volumes.js';
import { CreateVolume, PlacementRows } from './operations/create-volume.operation.js';
import { DeleteVolume } from './operations/delete-volume.operation.js';
import { ExtendVolume, ExtensionParts } from './operations/extend-volume.operation.js';
import { ResourceFiltersController } from './listing/resource-filters.controller.js';
import { SnapshotsOfVolumesRepository } from './snapshots-of-volumes.repository.js';
import { VolumeAccess } from './volume-access.js';
import { VolumeBuild } from './volume-build.js';
import { VolumeCalls } from './volume-calls.js';
import { DependentRows, VolumeChanges } from './volume-changes.js';
import { VolumeDebts } from './volume-debts.js';
import { VolumeDetailsRepository } from './volume-details.repository.js';
import { VolumeEvents } from './volume-events.js';
import { VolumeExtension } from './volume-extension.js';
import { VolumeGroups } from './volume-groups.js';
import { VolumeMeans } from './volume-means.js';
import { VolumeSourcesRepository } from './volume-sources.repository.js';
import { VolumeTeardown } from './volume-teardown.js';
import { VolumesController } from './volumes.controller.js';
import { VolumesReconciler } from './volumes.reconciler.js';
import { VolumesRepository } from './volumes.repository.js';
import { VolumesService } from './volumes.service.js';
import { OriginRows, WishCheck } from './wish-check.js';

@Module({
  imports: [BackendsModule, ReportsModule, SchedulingModule, VolumeTypesModule, ImagesModule, KeysModule, MessagesModule],
  controllers: [VolumesController, ResourceFiltersController],
  providers: [
    VolumesRepository, VolumeDetailsRepository, VolumeSourcesRepository, SnapshotsOfVolumesRepository, VolumeEvents, VolumeAccess, VolumesService, WishCheck, VolumeMeans, AcceptanceRows, CreateVolumes, VolumeChanges,
    VolumeGroups, VolumeBuild, VolumeTeardown, VolumeDebts, VolumeCalls, VolumeCascade, VolumeRestorations, OriginRows, DependentRows, VolumeExtension, ExtensionParts,
    PlacementRows, CreateVolume, DeleteVolume, ExtendVolume,
    VolumesReconciler,
  ],
  exports: [
    VolumesRepository, VolumeDetailsRepository, VolumeSourcesRepository, SnapshotsOfVolumesRepository, VolumeMeans, VolumeAccess, VolumeChanges, CreateVolumes, WishCheck, VolumeTeardown,
    VolumeExtension, VolumeCascade, VolumeRestorations, VolumeBuild,
  ],
})
export class VolumesModule {}
