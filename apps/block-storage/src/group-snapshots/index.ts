export { GroupSnapshotsModule } from './group-snapshots.module.js';
export { GroupSnapshotRow } from './group-snapshot.row.js';
