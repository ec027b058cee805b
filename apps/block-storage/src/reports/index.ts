export {
  COMMAND_PATIENCE, exportFact, FAILURE_PAUSE, HostRefused, isOverdue, requireNotRefused, snapshotFact, taskFact, volumeFact,
  type ExportObservation, type SnapshotObservation, type StorageFailure, type TaskObservation, type VolumeObservation,
} from './observation.js';
export { ObservationsRepository } from './observations.repository.js';
export { ReportsModule } from './reports.module.js';
export { ExportObservationRow, SnapshotObservationRow, StorageFailureRow, TaskObservationRow, VolumeObservationRow } from './observation.row.js';
