import { Injectable, type OnModuleInit } from '@nestjs/common';
import { VolumeCascade } from '../volumes/index.js';
import { SnapshotDeletion } from './snapshot-deletion.js';
import { SnapshotsRepository } from './snapshots.repository.js';

/** Snapshots go with a volume that is deleted with everything, each by an operation of its own. */
@Injectable()
export class SnapshotsOfVolumes implements OnModuleInit {
  constructor(private readonly cascade: VolumeCascade, private readonly snapshots: SnapshotsRepository, private readonly deletion: SnapshotDeletion) {}

  onModuleInit(): void {
    this.cascade.register(async (tx, volume, by) => {
      for (const snapshot of await this.snapshots.lockOfVolume(tx, volume.id)) await this.deletion.start(tx, snapshot, by);
    });
  }
}
