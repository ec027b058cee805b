import { Inject, Injectable } from '@nestjs/common';
import { ensureNoSnapshot } from '@virga/contracts-block-storage';
import { CLOCK, type Clock, type Instant } from '@virga/kernel';
import { Debts, type Run } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import { BackendsRepository, silentBefore, StorageCommands } from '../backends/index.js';
import { isOverdue, ObservationsRepository } from '../reports/index.js';
import type { Snapshot } from './snapshot.js';

type Teardown = Pick<Run<never>, 'db' | 'clock' | 'transaction'>;

/**
 * Removes what exists outside the database for snapshots.
 *
 * Theory of operation. It works from what it finds: failure, deletion and repair all use it, and "already gone" is success. The
 * snapshots' generations must have been raised before: backends then refuse whatever was sent earlier, also when it arrives
 * late. What no backend has confirmed to be gone is answered, for debts.
 */
@Injectable()
export class SnapshotTeardown {
  constructor(
    private readonly commands: StorageCommands,
    private readonly observations: ObservationsRepository,
    private readonly backends: BackendsRepository,
    private readonly debts: Debts,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async requestRemoval(run: Teardown, snapshots: readonly Snapshot[]): Promise<void> {
    await run.transaction(async (tx) => {
      for (const { id, backend, generation } of snapshots) await this.commands.send(tx, backend, ensureNoSnapshot, { id, generation });
    });
  }

  /** Those whose backend has not confirmed that they are gone; tells it again where it has been silent for too long. */
  async remaining(run: Teardown, snapshots: readonly Snapshot[], requestedAt: Instant | undefined): Promise<Snapshot[]> {
    const facts = await this.observations.ofSnapshots(run.db, snapshots.map(({ id }) => id));
    const remaining = snapshots.filter(({ id, backend, generation }) =>
      !facts.some((fact) => fact.snapshotId === id && fact.backend === backend && fact.sizeBytes === null && fact.generation >= generation));
    if (remaining.length > 0 && isOverdue(run.clock, requestedAt)) await this.requestRemoval(run, remaining);
    return remaining;
  }

  /** Whether no backend of these has been heard of lately: waiting for it is hopeless for now. */
  async areSilent(db: Reader, snapshots: readonly Snapshot[]): Promise<boolean> {
    for (const backend of new Set(snapshots.map((snapshot) => snapshot.backend))) {
      if (!(await this.backends.isSilent(db, backend, silentBefore(this.clock)))) return false;
    }
    return true;
  }

  /** Writes down what is still owed, and forgets what was reported of the rest; part of the transaction that ends the operation. */
  async settle(tx: Tx, snapshots: readonly Snapshot[], remaining: readonly Snapshot[]): Promise<void> {
    for (const { id, backend, generation } of remaining) await this.debts.record(tx, id, [{ backend: `backend:${backend}`, resourceType: 'snapshot', generation }]);
    for (const { id } of snapshots) if (!remaining.some((left) => left.id === id)) await this.observations.forgetSnapshot(tx, id);
  }
}
