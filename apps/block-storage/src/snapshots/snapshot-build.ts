import { Injectable } from '@nestjs/common';
import { ensureSnapshots } from '@virga/contracts-block-storage';
import { publicFault, type Fault, type Instant } from '@virga/kernel';
import type { Run } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import { BackendsRepository, StorageCommands } from '../backends/index.js';
import { isOverdue, ObservationsRepository, requireNotRefused } from '../reports/index.js';
import { SnapshotChanges } from './snapshot-changes.js';
import { SnapshotsRepository } from './snapshots.repository.js';
import type { Snapshot } from './snapshot.js';

type Building = Pick<Run<never>, 'db' | 'clock' | 'transaction'>;

/** A snapshot with the generation that some operation commands it with. */
export interface TakenSnapshot {
  id: string;
  generation: number;
}

/** The parts that taking snapshots consists of, each of which looks first and may be repeated: single ones, several and whole groups share them. */
@Injectable()
export class SnapshotBuild {
  constructor(
    private readonly snapshots: SnapshotsRepository,
    private readonly changes: SnapshotChanges,
    private readonly backends: BackendsRepository,
    private readonly commands: StorageCommands,
    private readonly observations: ObservationsRepository,
  ) {}

  /**
   * Tells each backend of all snapshots that it is to take: in one command, which makes them of one point in time, unless it cannot do that. Where
   * that was promised, the caller has seen to it that it can; elsewhere snapshots one after the other are better than none.
   */
  async request(run: Building, taken: readonly TakenSnapshot[]): Promise<void> {
    const ours = await this.ours(run.db, taken);
    await run.transaction((tx) => this.tell(tx, ours));
  }

  /** Ours, and the first of them that no backend has confirmed yet; tells backends again that are silent for too long. Throws `HostRefused`. */
  async progress(run: Building, taken: readonly TakenSnapshot[], requestedAt: Instant | undefined): Promise<{ ours: Snapshot[]; pending: Snapshot | undefined }> {
    const ours = await this.ours(run.db, taken);
    const { pending, hasFailed } = await this.unconfirmed(run.db, ours);
    if (pending.length > 0 && isOverdue(run.clock, requestedAt, hasFailed)) await run.transaction((tx) => this.tell(tx, ours));
    return { ours, pending: pending[0] };
  }

  async complete(tx: Tx, ours: readonly Snapshot[]): Promise<void> {
    for (const snapshot of ours) await this.changes.become(tx, snapshot, 'available', { progress: '100%', fault: null });
  }

  async fail(tx: Tx, ours: readonly Snapshot[], reason: Fault): Promise<void> {
    for (const snapshot of ours) await this.changes.become(tx, snapshot, 'error', { fault: publicFault(reason) });
  }

  /** From here on, nothing that the operation has sent is obeyed any more. Ours are now one generation further, and still being created. */
  async outdate(run: Building, taken: readonly TakenSnapshot[]): Promise<Snapshot[]> {
    return run.transaction(async (tx) => {
      const ours: Snapshot[] = [];
      for (const snapshot of await this.snapshots.lockAll(tx, taken.map(({ id }) => id))) {
        const told = taken.find(({ id }) => id === snapshot.id)?.generation ?? 0;
        if (snapshot.generation === told) ours.push(await this.snapshots.become(tx, snapshot, snapshot.status, { raisesGeneration: true }));
        else if (snapshot.generation === told + 1 && snapshot.status === 'creating') ours.push(snapshot);
      }
      return ours;
    });
  }

  /** Those that nobody has taken over since: a deletion raises the generation. */
  private async ours(db: Reader, taken: readonly TakenSnapshot[]): Promise<Snapshot[]> {
    const found = await this.snapshots.byIds(db, taken.map(({ id }) => id));
    return found.filter(({ id, generation }) => taken.some((told) => told.id === id && told.generation === generation));
  }

  private async tell(tx: Tx, ours: readonly Snapshot[]): Promise<void> {
    for (const backend of [...new Set(ours.map((snapshot) => snapshot.backend))].sort()) {
      const snapshots = ours.filter((snapshot) => snapshot.backend === backend).map(({ id, generation, volumeId, keyId }) => ({ id, generation, volumeId, keyId }));
      const isTogether = (await this.backends.find(tx, backend))?.capabilities.snapshotsTogether !== false;
      for (const command of isTogether ? [snapshots] : snapshots.map((snapshot) => [snapshot])) {
        await this.commands.send(tx, backend, ensureSnapshots, { snapshots: command });
      }
    }
  }

  private async unconfirmed(db: Reader, ours: readonly Snapshot[]): Promise<{ pending: Snapshot[]; hasFailed: boolean }> {
    const facts = await this.observations.ofSnapshots(db, ours.map(({ id }) => id));
    const pending = ours.filter(({ id, backend, generation }) =>
      !facts.some((fact) => fact.snapshotId === id && fact.backend === backend && fact.sizeBytes !== null && fact.generation >= generation));
    let hasFailed = false;
    for (const { id, backend, generation } of pending) hasFailed = requireNotRefused(await this.observations.failure(db, id, backend), generation) || hasFailed;
    return { pending, hasFailed };
  }
}
