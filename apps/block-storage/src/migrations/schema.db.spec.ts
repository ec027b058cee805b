import { schemaDrift } from '@virga/persistence';
import { BackendRow } from '../backends/index.js';
import { BackupRow } from '../backups/index.js';
import { GroupSnapshotRow } from '../group-snapshots/index.js';
import { GroupTypeRow } from '../group-types/index.js';
import { GroupRow, GroupVolumeTypeRow } from '../groups/index.js';
import { ExportObservationRow, SnapshotObservationRow, StorageFailureRow, TaskObservationRow, VolumeObservationRow } from '../reports/index.js';
import { ScheduleProductRow, ScheduleRow, ScheduleRunRow } from '../schedules/index.js';
import { SchedulingDecisionRow } from '../scheduling/index.js';
import { SnapshotRow, UnmanagedSnapshotRow } from '../snapshots/index.js';
import { useBlockStorageDatabase } from '../testing/index.js';
import { DefaultVolumeTypeRow, QosSpecsRow, VolumeTypeAccessRow, VolumeTypeEncryptionRow, VolumeTypeRow } from '../volume-types/index.js';
import { VolumeKeyRow, VolumeRow } from '../volumes/index.js';

describe('the schema of block storage', () => {
  const database = useBlockStorageDatabase();

  it('is what the rows say', async () => {
    expect(await schemaDrift(database, [
      SnapshotRow, UnmanagedSnapshotRow, GroupTypeRow, GroupRow, GroupVolumeTypeRow, GroupSnapshotRow,
      BackendRow, BackupRow, VolumeRow, VolumeKeyRow, VolumeTypeRow, VolumeTypeAccessRow, VolumeTypeEncryptionRow, DefaultVolumeTypeRow, QosSpecsRow, SchedulingDecisionRow,
      VolumeObservationRow, SnapshotObservationRow, ExportObservationRow, TaskObservationRow, StorageFailureRow, ScheduleRow, ScheduleRunRow, ScheduleProductRow,
    ])).toEqual([]);
  });
});
