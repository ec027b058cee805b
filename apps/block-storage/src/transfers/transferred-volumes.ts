import { Injectable } from '@nestjs/common';
import type { ProjectId, UserId } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { charge, ofType } from '../quota.js';
import { SnapshotsOfVolumesRepository, VolumesRepository, type Volume } from '../volumes/index.js';
import { TransferImpossible, type Transfer } from './transfer.js';

/** What happens to volumes and their snapshots when they change hands. */
@Injectable()
export class TransferredVolumes {
  constructor(private readonly volumes: VolumesRepository, private readonly snapshots: SnapshotsOfVolumesRepository, private readonly quotas: Quotas) {}

  lock(tx: Tx, id: string): Promise<Volume> {
    return this.volumes.lock(tx, id);
  }

  /** Nobody uses the volume until the offer is accepted or withdrawn. */
  async offer(tx: Tx, volume: Volume): Promise<void> {
    await this.volumes.become(tx, volume, 'awaiting-transfer');
  }

  /** Throws `TransferImpossible` where a snapshot is in the middle of something. */
  async requireSnapshotsReady(tx: Tx, volume: Volume): Promise<void> {
    const busy = (await this.snapshots.lockAll(tx, volume.id)).find(({ status }) => status !== 'available');
    if (busy !== undefined) throw new TransferImpossible(`snapshot: ${busy.id} status must be available`);
  }

  /** The volume, and with it its snapshots, belongs to another project, which is charged for them. Throws `OverLimit`. */
  async take(tx: Tx, { volumeId, leavesSnapshots }: Transfer, to: { projectId: string; userId: string }): Promise<void> {
    const volume = await this.volumes.lock(tx, volumeId);
    if (volume.status !== 'awaiting-transfer') throw new TransferImpossible(`Volume ${volume.id} is not awaiting a transfer.`);
    const snapshots = leavesSnapshots ? [] : await this.snapshots.lockAll(tx, volumeId);
    if (to.projectId !== volume.projectId && volume.consumesQuota) {
      const snapshotSizes = snapshots.reduce((sum, { sizeGibibytes }) => sum + sizeGibibytes, 0);
      await charge(this.quotas, tx, to.projectId, {
        ...ofType(volume.typeName, { volumes: 1, snapshots: snapshots.length, gigabytes: volume.sizeGibibytes + snapshotSizes }),
        per_volume_gigabytes: volume.sizeGibibytes,
      });
    }
    await this.volumes.become(tx, volume, 'available', { projectId: to.projectId as ProjectId, userId: to.userId as UserId });
    if (!leavesSnapshots) await this.snapshots.giveAway(tx, volumeId, to);
  }

  async withdraw(tx: Tx, { volumeId }: Transfer): Promise<void> {
    const volume = await this.volumes.lock(tx, volumeId);
    if (volume.status === 'awaiting-transfer') await this.volumes.become(tx, volume, 'available');
  }
}
