import { Module } from '@nestjs/common';
import { BackendsModule } from '../backends/index.js';
import { MessagesModule } from '../messages/index.js';
import { ReportsModule } from '../reports/index.js';
import { VolumesModule } from '../volumes/index.js';
import { ManagedSnapshotParts, ManagedSnapshots } from './managed-snapshots.service.js';
import { CreateSnapshots } from './operations/create-snapshots.operation.js';
import { DeleteSnapshot } from './operations/delete-snapshot.operation.js';
import { SnapshotAccess } from './snapshot-access.js';
import { SnapshotActionsController } from './snapshot-actions.controller.js';
import { SnapshotActions } from './snapshot-actions.service.js';
import { SnapshotBuild } from './snapshot-build.js';
import { SnapshotBus } from './snapshot-bus.js';
import { SnapshotChanges } from './snapshot-changes.js';
import { SnapshotDebts } from './snapshot-debts.js';
import { SnapshotDeletion } from './snapshot-deletion.js';
import { SnapshotMetadataController } from './snapshot-metadata.controller.js';
import { SnapshotMetadata } from './snapshot-metadata.service.js';
import { SnapshotTaking } from './snapshot-taking.js';
import { SnapshotTeardown } from './snapshot-teardown.js';
import { SnapshotsController } from './snapshots.controller.js';
import { SnapshotsOfVolumes } from './snapshots-of-volumes.js';
import { SnapshotsReconciler } from './snapshots.reconciler.js';
import { SnapshotsRepository } from './snapshots.repository.js';
import { SnapshotRows, SnapshotsService } from './snapshots.service.js';
import { UnmanagedSnapshotsRepository } from './unmanaged-snapshots.repository.js';

@Module({
  imports: [BackendsModule, ReportsModule, VolumesModule, MessagesModule],
  controllers: [SnapshotsController, SnapshotMetadataController, SnapshotActionsController],
  providers: [
    SnapshotsRepository, UnmanagedSnapshotsRepository, SnapshotRows, SnapshotAccess, SnapshotChanges, SnapshotTaking, SnapshotDeletion, SnapshotBuild, SnapshotTeardown,
    SnapshotsService, SnapshotMetadata, SnapshotActions, ManagedSnapshotParts, ManagedSnapshots, SnapshotBus, SnapshotDebts, SnapshotsOfVolumes, CreateSnapshots, DeleteSnapshot,
    SnapshotsReconciler,
  ],
  exports: [SnapshotsRepository, SnapshotAccess, SnapshotChanges, SnapshotTaking, SnapshotDeletion, SnapshotBuild, SnapshotTeardown],
})
export class SnapshotsModule {}
