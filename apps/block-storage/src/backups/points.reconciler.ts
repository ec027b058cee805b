import { Inject, Injectable } from '@nestjs/common';
import { ensureNoSnapshot } from '@virga/contracts-block-storage';
import { CLOCK, seconds, type Clock, type Duration } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { correct, leaveAlone, Reconciler, type Correction } from '@virga/reconcile';
import { BackendsRepository, silentBefore, StorageCommands } from '../backends/index.js';
import { ObservationsRepository, type SnapshotObservation } from '../reports/index.js';
import { PointsRepository, type Point } from './points.repository.js';

/** A point that nobody needs, beside what its storage host says of it. */
export interface SeenPoint {
  point: Point;
  observed: SnapshotObservation | undefined;
  isHostUp: boolean;
}

export type PointRepair = 'remove' | 'forget';

/** Points at once. */
const BATCH = 200;

/** What to do about an unneeded point; pure. */
export function planPoint({ point, observed, isHostUp }: SeenPoint): Correction<PointRepair> {
  const isGone = !point.isWanted && observed !== undefined && observed.sizeBytes === null && observed.generation >= point.generation;
  if (isGone) return correct('backup-point-gone', 'forget', { isDefect: false });
  return isHostUp ? correct('backup-point-unneeded', 'remove', { isDefect: false }) : leaveAlone('its storage host says nothing');
}

/**
 * Removes the snapshots that backups were made from and that no later backup will be told against.
 *
 * Theory of operation. A point is given up in the transaction that makes it superfluous; its generation is raised then, so that the storage host
 * refuses a late command that would make it again. The host is told to remove it until it says that it is gone; then the row goes. Points of volumes
 * that are deleted go too. Nothing waits for this.
 */
@Injectable()
export class PointsReconciler extends Reconciler<SeenPoint, PointRepair> {
  readonly name = 'backup-points';
  readonly interval: Duration = seconds(10);

  constructor(
    private readonly db: Database,
    private readonly points: PointsRepository,
    private readonly observations: ObservationsRepository,
    private readonly backends: BackendsRepository,
    private readonly commands: StorageCommands,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  async* observe(): AsyncIterable<readonly SeenPoint[]> {
    const points = await this.points.unneeded(this.db, BATCH);
    if (points.length === 0) return;
    const observed = new Map((await this.observations.ofSnapshots(this.db, points.map(({ id }) => id))).map((one) => [one.snapshotId, one]));
    const since = silentBefore(this.clock).getTime();
    const up = new Set((await this.backends.list(this.db)).filter(({ seenAt }) => seenAt >= since).map(({ name }) => name));
    yield points.map((point) => ({ point, observed: observed.get(point.id), isHostUp: up.has(point.backend) }));
  }

  plan(seen: SeenPoint): Correction<PointRepair> {
    return planPoint(seen);
  }

  async correct(repair: PointRepair, { point }: SeenPoint): Promise<void> {
    await this.db.transaction(async (tx) => {
      if (repair === 'forget') {
        await this.points.forget(tx, point.id);
        return this.observations.forgetSnapshot(tx, point.id);
      }
      await this.points.unwantOne(tx, point.id);
      const unwanted = await this.points.find(tx, point.id);
      if (unwanted !== undefined) await this.commands.send(tx, unwanted.backend, ensureNoSnapshot, { id: unwanted.id, generation: unwanted.generation });
    });
  }

  describe({ point }: SeenPoint): string {
    return `backup point ${point.id}`;
  }
}
