import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Conflict, Unavailable, whyNone, type Clock } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { silentBefore } from '../backends/index.js';
import { explain } from './explanation.js';
import { decide, roomIn, type Decision, type PlacementRequest } from './scheduler.js';
import { SchedulingRepository } from './scheduling.repository.js';

/** No backend takes the volume; the message has the reasons by class. */
export class NoValidBackend extends Conflict {
  constructor(decision: Decision) {
    super('block-storage.scheduling.no-valid-backend', `No valid backend was found. ${whyNone(decision, 'backend')}`);
  }
}

class BackendsContended extends Unavailable {
  constructor() {
    super('block-storage.scheduling.contended', 'Others took the room on every suitable backend meanwhile.');
  }
}

/** Runs a transaction that commits only while the operation is still ours: `run.transaction`. */
type Transaction = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;

/**
 * How often a placement is decided anew because others were faster.
 *
 * Too low: bursts at the brink of capacity pause and repeat the whole step. Too high: they hold a worker for long.
 */
const MOST_DECISIONS = 5;

/**
 * Finds a backend for a volume.
 *
 * Theory of operation. Backends are read, a decision is made purely, and the best one is taken in one transaction that also runs
 * `placed` (which writes the volume's backend, and with it what it takes up there) and keeps the decision. Under the backend's lock the
 * backend is judged once more: a decision made from old numbers loses there, and is made again from new ones. If the process dies before
 * the commit, nothing has happened; after it, the volume has a backend and is not placed again.
 */
@Injectable()
export class Reservations {
  constructor(
    private readonly db: Database,
    private readonly scheduling: SchedulingRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Runs `placed` with the backend that was found. Throws `NoValidBackend`, whose decision has been kept. */
  async reserve(volumeId: string, wanted: PlacementRequest, transaction: Transaction, placed: (tx: Tx, backend: string) => Promise<unknown>): Promise<void> {
    for (let attempt = 0; attempt < MOST_DECISIONS; attempt++) {
      const decision = await this.decide(wanted);
      const best = decision.ranked[0]?.candidate.name;
      if (best === undefined) {
        await transaction((tx) => this.scheduling.keep(tx, volumeId, this.now(), explain(decision, null)));
        throw new NoValidBackend(decision);
      }
      const isTaken = await transaction(async (tx) => {
        if (!(await this.stillFits(tx, wanted, best))) return false;
        await this.scheduling.keep(tx, volumeId, this.now(), explain(decision, best));
        await placed(tx, best);
        return true;
      });
      if (isTaken) return;
    }
    throw new BackendsContended();
  }

  /** The decision without any effect: which backends would take it. */
  async decide(wanted: PlacementRequest): Promise<Decision> {
    return decide(wanted, await this.scheduling.backends(this.db, { upSince: silentBefore(this.clock) }));
  }

  /** Until the transaction ends, nobody else is placed there. */
  async stillFits(tx: Tx, wanted: PlacementRequest, backend: string): Promise<boolean> {
    await this.scheduling.lock(tx, backend);
    const now = await this.scheduling.backends(tx, { upSince: silentBefore(this.clock), name: backend });
    return decide(wanted, now).ranked.length === 1;
  }

  /** Whether what is on the backend may take so much more, whether or not new volumes may come to it; nobody else takes it until the transaction ends. */
  async hasRoom(tx: Tx, backend: string, gibibytes: number): Promise<boolean> {
    await this.scheduling.lock(tx, backend);
    const [state] = await this.scheduling.backends(tx, { upSince: silentBefore(this.clock), name: backend });
    if (state === undefined) return false;
    const { free, unpromised } = roomIn(state);
    return Math.min(free, unpromised) >= gibibytes;
  }

  private now(): Date {
    return new Date(this.clock.now());
  }
}
