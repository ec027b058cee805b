import { Module } from '@nestjs/common';
import { BackendsModule } from '../../backends/index.js';
import { ImagesModule } from '../../images/index.js';
import { MessagesModule } from '../../messages/index.js';
import { ReportsModule } from '../../reports/index.js';
import { SchedulingModule } from '../../scheduling/index.js';
import { VolumeTypesModule } from '../../volume-types/index.js';
import { HostPatience } from '../host-patience.js';
import { GuestMoves } from '../moves/guest-moves.js';
import { MoveArrivals } from '../moves/move-arrivals.js';
import { AttachedMoveRows, MoveAttachedVolume } from '../moves/move-attached-volume.operation.js';
import { MoveBeginnings, MoveRows } from '../moves/move-beginnings.js';
import { MoveDebts } from '../moves/move-debts.js';
import { MovePlace } from '../moves/move-place.js';
import { MoveRequests } from '../moves/move-requests.js';
import { MoveSteps } from '../moves/move-steps.js';
import { MoveTarget } from '../moves/move-target.js';
import { MigrateVolume, RetypeVolume } from '../moves/move-volume.operations.js';
import { MovedAttachmentsRepository } from '../moves/moved-attachments.repository.js';
import { VolumeMigrationsRepository } from '../moves/volume-migrations.repository.js';
import { VolumeMoves } from '../moves/volume-moves.service.js';
import { ReimageVolume } from '../operations/reimage-volume.operation.js';
import { RevertVolume } from '../operations/revert-volume.operation.js';
import { UploadVolume } from '../operations/upload-volume.operation.js';
import { VolumesModule } from '../volumes.module.js';
import { ImageExchange } from './image-exchange.js';
import { VolumeActionsController } from './volume-actions.controller.js';
import { VolumeActions } from './volume-actions.service.js';
import { VolumeChangesController } from './volume-changes.controller.js';
import { VolumeEncryptionRepository } from './volume-encryption.repository.js';
import { VolumeContents } from './volume-contents.service.js';
import { VolumeGrowth } from './volume-growth.service.js';

/** What is done to volumes that there are. */
@Module({
  imports: [MessagesModule, BackendsModule, ReportsModule, SchedulingModule, VolumeTypesModule, ImagesModule, VolumesModule],
  controllers: [VolumeActionsController, VolumeChangesController],
  providers: [
    VolumeActions, VolumeEncryptionRepository, VolumeContents, VolumeGrowth, ImageExchange, HostPatience, VolumeMoves, MoveRequests, MovePlace, MoveSteps, MoveTarget, MoveDebts, MoveArrivals, MoveBeginnings,
    MoveRows, GuestMoves, MovedAttachmentsRepository, AttachedMoveRows, VolumeMigrationsRepository, MoveAttachedVolume, MigrateVolume, RetypeVolume, RevertVolume, ReimageVolume, UploadVolume,
  ],
  exports: [VolumeContents, MoveArrivals],
})
export class VolumeActionsModule {}
