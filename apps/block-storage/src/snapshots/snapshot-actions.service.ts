import { Injectable } from '@nestjs/common';
import { snapshotActions as contract } from '@virga/contracts-block-storage';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { SnapshotAccess } from './snapshot-access.js';
import { SnapshotChanges } from './snapshot-changes.js';
import { SnapshotDeletion } from './snapshot-deletion.js';
import { SnapshotBusy, SnapshotStatusUnknown } from './snapshot-faults.js';
import { SnapshotsRepository } from './snapshots.repository.js';
import { isSnapshotStatus, reportedMoves, SNAPSHOT_STATUSES, type SnapshotStatus } from './snapshot.js';

/** What operators, and those who take snapshots themselves, do to them. */
@Injectable()
export class SnapshotActions {
  constructor(
    private readonly db: Database,
    private readonly snapshots: SnapshotsRepository,
    private readonly access: SnapshotAccess,
    private readonly changes: SnapshotChanges,
    private readonly deletion: SnapshotDeletion,
  ) {}

  /** What is under way goes on, and has the last word. */
  async resetStatus(caller: Caller, id: string, wanted: string): Promise<void> {
    const { id: known } = await this.access.require(caller, contract.resetSnapshotStatus.policy, id);
    const status = wanted.toLowerCase();
    // A status that says it is gone would make it so for everybody but its backend.
    const settable = SNAPSHOT_STATUSES.filter((one) => one !== 'deleted');
    if (!isSnapshotStatus(status) || status === 'deleted') throw new SnapshotStatusUnknown(wanted, settable);
    await this.db.transaction(async (tx) => this.changes.become(tx, await this.snapshots.lock(tx, known), status));
  }

  async forceDelete(caller: Caller, id: string): Promise<void> {
    const { id: known } = await this.access.require(caller, contract.forceDeleteSnapshot.policy, id);
    await this.db.transaction(async (tx) => this.deletion.force(tx, await this.snapshots.lock(tx, known), caller));
  }

  async updateStatus(caller: Caller, id: string, wanted: { status: string; progress: string | undefined }): Promise<void> {
    const { id: known } = await this.access.require(caller, contract.updateSnapshotStatus.policy, id);
    await this.db.transaction(async (tx) => {
      const snapshot = await this.snapshots.lock(tx, known);
      const next = requireMove(id, snapshot.status, wanted.status);
      await this.changes.become(tx, snapshot, next, wanted.progress === undefined ? {} : { progress: wanted.progress });
    });
  }
}

function requireMove(id: string, current: SnapshotStatus, wanted: string): SnapshotStatus {
  const moves = reportedMoves[current];
  if (moves === undefined) throw new SnapshotBusy(id, `Snapshot status ${current} not allowed for update_snapshot_status`);
  const next = moves.find((status) => status === wanted);
  if (next === undefined) throw new SnapshotBusy(id, `Provided snapshot status ${wanted.slice(0, 60)} not allowed for snapshot with status ${current}.`);
  return next;
}
