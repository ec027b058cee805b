export {
  ConcurrentUpdate, faultAt, GIBIBYTE, isMoving, OPERATED, requireStatus, VolumeState, VolumeUnknown, type Volume, type VolumeFault, type VolumeStatus,
} from './volume.js';
export { VolumesRepository, type NewVolume, type VolumeChange } from './volumes.repository.js';
export { VolumeDetailsRepository, type ShownAttachment, type VolumeDetails } from './volume-details.repository.js';
export { VolumeSourcesRepository, type SourceSnapshot } from './volume-sources.repository.js';
export { targetOf, VolumeAccess } from './volume-access.js';
export { VolumeChanges, type DeleteOptions } from './volume-changes.js';
export { VolumeExtension } from './volume-extension.js';
export { dependentsGone, VolumeCascade, type CascadeDelete } from './cascade.js';
export { groupFact } from './volume-groups.js';
export { pythonLiteral } from './listing/python-literal.js';
export { VolumeRestorations, type BackupOrigin } from './restorations.js';
export { CreateVolumes } from './create-volumes.js';
export { WishCheck, type Asker, type BuildSource, type CheckedWish } from './wish-check.js';
export type { VolumeWish } from './volume-wish.js';
export { requireBackend, VolumeBuild } from './volume-build.js';
export { VolumeContents } from './actions/volume-contents.service.js';
export { requireEditable } from './actions/volume-actions.service.js';
export { SnapshotsOfVolumesRepository, type SnapshotOfVolume } from './snapshots-of-volumes.repository.js';
export { VolumeTeardown } from './volume-teardown.js';
export { volumeView, type Visibility } from './volumes.views.js';
export { overtakes } from './overtakes.js';
export { VolumesModule } from './volumes.module.js';
export { VolumeActionsModule } from './actions/volume-actions.module.js';
export { MoveArrivals } from './moves/move-arrivals.js';
export { moveFact } from './moves/moved-attachments.repository.js';
export { VolumeMigrationRow } from './moves/volume-migration.row.js';
export { VolumeKeyRow, VolumeRow } from './volume.row.js';
