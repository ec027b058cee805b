import { Injectable } from '@nestjs/common';
import { snapshotChanged } from '@virga/contracts-block-storage';
import type { PublicFault } from '@virga/kernel';
import { event, Outbox } from '@virga/messaging/outbox';
import { Operations, wakeKey, type WakeKey } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import { Messages, type Failure } from '../messages/index.js';
import { dependentsGone } from '../volumes/index.js';
import { SnapshotsRepository, type NewSnapshot, type SnapshotChange } from './snapshots.repository.js';
import type { Snapshot, SnapshotStatus } from './snapshot.js';

/** Woken when the snapshot has become what it was going to be, or is gone. */
export function snapshotSettled(id: string): WakeKey {
  return wakeKey('snapshot-settled', id);
}

/** Changes snapshots and tells of it in the same transaction, also its project where one fails. */
@Injectable()
export class SnapshotChanges {
  constructor(private readonly snapshots: SnapshotsRepository, private readonly outbox: Outbox, private readonly operations: Operations, private readonly messages: Messages) {}

  async insert(tx: Tx, wanted: readonly NewSnapshot[]): Promise<Snapshot[]> {
    const made = await this.snapshots.insert(tx, wanted);
    await this.outbox.add(tx, ...made.map(changed));
    return made;
  }

  /** Throws `SnapshotChangedMeanwhile` where somebody was faster. */
  async become(tx: Tx, seen: Snapshot, next: SnapshotStatus, change: SnapshotChange = {}): Promise<Snapshot> {
    const snapshot = await this.snapshots.become(tx, seen, next, change);
    await this.outbox.add(tx, changed(snapshot));
    if (!next.endsWith('ing')) await this.operations.wake(tx, snapshotSettled(snapshot.id));
    if (change.fault && seen.status === 'creating') await this.messages.record(tx, failureOf(seen, change.fault));
    // Its volume may wait for it, to go as well.
    if (next === 'deleted') await this.operations.wake(tx, dependentsGone(snapshot.volumeId));
    return snapshot;
  }
}

function changed({ id, volumeId, status }: Snapshot): ReturnType<typeof event> {
  return event(snapshotChanged, { snapshotId: id, volumeId, status: status === 'deleted' ? null : status });
}

function failureOf({ id, projectId }: Snapshot, cause: PublicFault): Failure {
  return { projectId, resource: { kind: 'snapshot', id }, action: 'create-snapshot', detail: 'snapshot-failed', cause };
}
