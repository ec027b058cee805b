import { Injectable } from '@nestjs/common';
import { liveOperations, Operations, type Initiator } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import { BackendsRepository } from '../backends/index.js';
import { VolumeSourcesRepository } from '../volumes/index.js';
import { DeleteSnapshot } from './operations/delete-snapshot.operation.js';
import { SnapshotChanges } from './snapshot-changes.js';
import { SnapshotBusy } from './snapshot-faults.js';
import { BackendFrozen } from './snapshot-taking.js';
import { DELETABLE, type Snapshot } from './snapshot.js';

/** Begins the deletion of snapshots, in the transaction of whoever has a reason to: users, volumes that go with them. */
@Injectable()
export class SnapshotDeletion {
  constructor(
    private readonly changes: SnapshotChanges, private readonly backends: BackendsRepository, private readonly sources: VolumeSourcesRepository,
    private readonly operations: Operations,
  ) {}

  /** As its owner may; throws `SnapshotBusy` where it is in a group snapshot, busy, or being copied. */
  async start(tx: Tx, snapshot: Snapshot, by: Initiator): Promise<void> {
    if (snapshot.groupSnapshotId !== null || !DELETABLE.includes(snapshot.status)) {
      throw new SnapshotBusy(snapshot.id, 'Snapshot status must be available or error and must not be part of a group.');
    }
    if ((await this.backends.find(tx, snapshot.backend))?.isFrozen === true) throw new BackendFrozen();
    await this.begin(tx, snapshot, by);
  }

  /** Whatever its status; one that is being deleted already goes on. Throws `SnapshotBusy` where it is in a group snapshot, or being copied. */
  async force(tx: Tx, snapshot: Snapshot, by: Initiator): Promise<void> {
    if (snapshot.groupSnapshotId !== null) throw new SnapshotBusy(snapshot.id, 'Snapshot must not be part of a group.');
    if (!(await this.isBeingDeleted(tx, snapshot))) await this.begin(tx, snapshot, by);
  }

  /** From here on the snapshot goes, alone or with others: its backend refuses what was sent before. Throws `SnapshotBusy` where it is being copied. */
  async become(tx: Tx, snapshot: Snapshot): Promise<Snapshot> {
    const deleting = await this.changes.become(tx, snapshot, 'deleting', { raisesGeneration: true });
    if (!(await this.sources.isBeingCopied(tx, { snapshotId: snapshot.id, sourceVolumeId: null }))) return deleting;
    throw new SnapshotBusy(snapshot.id, 'A volume is being made from the snapshot; delete it when that is done.');
  }

  private async begin(tx: Tx, snapshot: Snapshot, by: Initiator): Promise<void> {
    const deleting = await this.become(tx, snapshot);
    await this.operations.start(tx, DeleteSnapshot, { snapshotId: deleting.id }, { on: deleting, by });
  }

  private async isBeingDeleted(tx: Tx, { id }: Snapshot): Promise<boolean> {
    return (await liveOperations(tx, 'snapshot', [id])).get(id)?.kind === 'snapshot.delete';
  }
}
