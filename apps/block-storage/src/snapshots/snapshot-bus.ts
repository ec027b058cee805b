import { Injectable } from '@nestjs/common';
import type { CallReply, CallRequest } from '@virga/contract';
import { describeSnapshot, ensureSnapshotsTogether } from '@virga/contracts-block-storage';
import { Conflict, raise, type ProjectId, type SnapshotId, type UserId } from '@virga/kernel';
import { answer, type Answerer, type Question } from '@virga/messaging';
import { Database, type Tx } from '@virga/persistence';
import { CallAnswers } from '../calls/index.js';
import { VolumeUnknown, type Volume } from '../volumes/index.js';
import { SnapshotUnknown } from './snapshot-faults.js';
import { SnapshotTaking } from './snapshot-taking.js';
import { SnapshotRows } from './snapshots.service.js';
import type { Snapshot } from './snapshot.js';

/** What block storage answers compute about snapshots. */
@Injectable()
export class SnapshotBus extends CallAnswers {
  constructor(private readonly db: Database, private readonly rows: SnapshotRows, private readonly taking: SnapshotTaking) {
    super();
  }

  answerers(): readonly Answerer[] {
    return [answer(describeSnapshot, (request) => this.describe(request)), answer(ensureSnapshotsTogether, (request, question) => this.ensureTogether(request, question))];
  }

  private async describe({ snapshotId, projectId, isAdmin }: CallRequest<typeof describeSnapshot>): Promise<CallReply<typeof describeSnapshot>> {
    const snapshot = await this.rows.snapshots.find(this.db, snapshotId);
    if (snapshot === undefined || (!isAdmin && snapshot.projectId !== projectId)) throw new SnapshotUnknown(snapshotId);
    const { id, volumeId, sizeGibibytes, status, isBootable, imageMetadata } = snapshot;
    return { id, volumeId, sizeGibibytes, status, isBootable, imageMetadata: imageMetadata ?? {} };
  }

  /** Repeatable: those that exist are answered as they are, whatever has become of them. */
  private async ensureTogether(asked: CallRequest<typeof ensureSnapshotsTogether>, { requestId }: Question): Promise<CallReply<typeof ensureSnapshotsTogether>> {
    const snapshots = await this.db.transaction(async (tx) => {
      // In one order everywhere: two askers of the same volumes must not wait for each other.
      const volumes = await this.lockVolumes(tx, asked);
      const known = await this.rows.snapshots.byIds(tx, asked.snapshots.map(({ id }) => id));
      requireOwn(known, asked);
      if (known.length > 0) return known;
      const wanted = asked.snapshots.map(({ id, volumeId, name }) => ({
        id: id as SnapshotId, volume: volumes.get(volumeId) ?? raise(new VolumeUnknown(volumeId)), name, description: null, metadata: {},
      }));
      const owner = { projectId: asked.projectId as ProjectId, userId: asked.userId as UserId };
      return this.taking.start(tx, wanted, { owner, isInUseAllowed: true }, { requestId, ...owner });
    });
    return { snapshots: snapshots.map(({ id, status, sizeGibibytes }) => ({ id, status, sizeGibibytes })) };
  }

  private async lockVolumes(tx: Tx, { snapshots, projectId, isAdmin }: CallRequest<typeof ensureSnapshotsTogether>): Promise<Map<string, Volume>> {
    const volumes = new Map<string, Volume>();
    for (const id of [...new Set(snapshots.map(({ volumeId }) => volumeId))].sort()) {
      const volume = await this.rows.volumes.lock(tx, id);
      if (volume.status === 'deleted' || (!isAdmin && volume.projectId !== projectId)) throw new VolumeUnknown(id);
      volumes.set(id, volume);
    }
    return volumes;
  }
}

/** An id that is taken by something else is the asker's mistake. */
function requireOwn(known: readonly Snapshot[], { snapshots }: CallRequest<typeof ensureSnapshotsTogether>): void {
  const isOther = known.some(({ id, volumeId }) => !snapshots.some((asked) => asked.id === id && asked.volumeId === volumeId));
  if (isOther) throw new Conflict('block-storage.snapshot.id-taken', 'A snapshot of this id exists already.');
}
