import { schemaDrift } from '@virga/persistence';
import { BackendRow } from '../backends/index.js';
import { ExportObservationRow, SnapshotObservationRow, StorageFailureRow, TaskObservationRow, VolumeObservationRow } from '../reports/index.js';
import { SchedulingDecisionRow } from '../scheduling/index.js';
import { useBlockStorageDatabase } from '../testing/index.js';
import { DefaultVolumeTypeRow, QosSpecsRow, VolumeTypeAccessRow, VolumeTypeEncryptionRow, VolumeTypeRow } from '../volume-types/index.js';
import { VolumeKeyRow, VolumeRow } from '../volumes/index.js';

describe('the schema of block storage', () => {
  const database = useBlockStorageDatabase();

  it('is what the rows say', async () => {
    expect(await schemaDrift(database, [
      BackendRow, VolumeRow, VolumeKeyRow, VolumeTypeRow, VolumeTypeAccessRow, VolumeTypeEncryptionRow, DefaultVolumeTypeRow, QosSpecsRow, SchedulingDecisionRow,
      VolumeObservationRow, SnapshotObservationRow, ExportObservationRow, TaskObservationRow, StorageFailureRow,
    ])).toEqual([]);
  });
});
