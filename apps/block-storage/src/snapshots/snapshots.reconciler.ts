import { Injectable } from '@nestjs/common';
import { publicFault, seconds, Unavailable, type Duration, type Instant } from '@virga/kernel';
import { liveOperations } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { alarm, correct, leaveAlone, nothing, Reconciler, type Correction } from '@virga/reconcile';
import { BackendsRepository, HOST_SILENCE } from '../backends/index.js';
import { ObservationsRepository, type SnapshotObservation } from '../reports/index.js';
import { SnapshotChanges } from './snapshot-changes.js';
import type { Snapshot } from './snapshot.js';
import { SnapshotsRepository } from './snapshots.repository.js';

/** A snapshot beside what its storage host says. */
export interface SeenSnapshot {
  snapshot: Snapshot;
  hasOperation: boolean;
  /** Of the snapshot's own backend. */
  observed: SnapshotObservation | undefined;
  /** When its backend was last heard of; undefined where the backend does not work. */
  backendSeenAt: Instant | undefined;
}

export type SnapshotRepair = 'note-vanished' | 'note-returned';

const VANISHED = 'block-storage.snapshot.vanished';

/** The storage host says that it has no such snapshot. */
class Vanished extends Unavailable {
  constructor() {
    super(VANISHED, 'The snapshot is no longer on its backend.');
  }
}

/** What to do about a snapshot; pure. */
export function planSnapshot(seen: SeenSnapshot, now: Instant): Correction<SnapshotRepair> {
  const { hasOperation, observed, backendSeenAt } = seen;
  if (hasOperation) return leaveAlone('an operation is responsible');
  if (backendSeenAt === undefined || now - backendSeenAt > HOST_SILENCE) return leaveAlone('its storage host says nothing');
  if (observed === undefined) return leaveAlone('its storage host has not said anything of it');
  return planPresence(seen.snapshot, observed);
}

function planPresence({ status, fault }: Snapshot, { sizeBytes }: SnapshotObservation): Correction<SnapshotRepair> {
  if (sizeBytes === null && status === 'available') return alarm('a snapshot is no longer on its backend', 'note-vanished');
  const hasReturned = sizeBytes !== null && status === 'error' && fault?.code === VANISHED;
  return hasReturned ? correct('snapshot-returned', 'note-returned', { isDefect: false }) : nothing();
}

/** Snapshots in one statement. Too many: long pauses between batches of other work. Too few: many statements. */
const BATCH = 500;

/**
 * Snapshots are what they are said to be.
 *
 * Theory of operation. As for volumes (see `VolumesReconciler`): it compares what we say of snapshots with what storage hosts reported last, only
 * where no operation is responsible, and never touches a backend. A snapshot that is gone from there is in error, so that nobody counts on it, and
 * available again when the backend has it again. Notes are made under the snapshot's revision: whoever was faster wins, and the next pass looks again.
 */
@Injectable()
export class SnapshotsReconciler extends Reconciler<SeenSnapshot, SnapshotRepair> {
  readonly name = 'snapshots';
  readonly interval: Duration = seconds(30);

  constructor(
    private readonly db: Database,
    private readonly snapshots: SnapshotsRepository,
    private readonly changes: SnapshotChanges,
    private readonly observations: ObservationsRepository,
    private readonly backends: BackendsRepository,
  ) {
    super();
  }

  async* observe(): AsyncIterable<readonly SeenSnapshot[]> {
    const heardOf = await this.backends.heardOf(this.db);
    for (let after: string | undefined; ;) {
      const batch = await this.snapshots.batch(this.db, after, BATCH);
      if (batch.length === 0) return;
      const ids = batch.map(({ id }) => id);
      const live = await liveOperations(this.db, 'snapshot', ids);
      const observed = new Map((await this.observations.ofSnapshots(this.db, ids)).map((one) => [`${one.snapshotId} ${one.backend}`, one]));
      yield batch.map((snapshot) => ({
        snapshot, hasOperation: live.has(snapshot.id), observed: observed.get(`${snapshot.id} ${snapshot.backend}`), backendSeenAt: heardOf.get(snapshot.backend),
      }));
      after = ids.at(-1);
    }
  }

  plan(seen: SeenSnapshot, now: Instant): Correction<SnapshotRepair> {
    return planSnapshot(seen, now);
  }

  async correct(repair: SnapshotRepair, { snapshot }: SeenSnapshot): Promise<void> {
    await this.db.transaction((tx) => this.repairs[repair](tx, snapshot));
  }

  describe({ snapshot }: SeenSnapshot): string {
    return `snapshot ${snapshot.id}`;
  }

  private readonly repairs: Readonly<Record<SnapshotRepair, (tx: Tx, snapshot: Snapshot) => Promise<unknown>>> = {
    'note-vanished': (tx, snapshot) => this.changes.become(tx, snapshot, 'error', { fault: publicFault(new Vanished()) }),
    'note-returned': (tx, snapshot) => this.changes.become(tx, snapshot, 'available', { fault: null }),
  };
}
