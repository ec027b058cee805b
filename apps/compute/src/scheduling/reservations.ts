import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Conflict, Unavailable, whyNone, type Clock, type HostId, type ServerId } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { silentBefore } from '../hosts/index.js';
import { PlacementRepository, type Amounts } from '../placement/index.js';
import { explain } from './explanation.js';
import { decide, type Decision, type HostState } from './scheduler.js';
import { SchedulingRepository } from './scheduling.repository.js';

/** What is to be placed. */
export interface Placeable {
  server: ServerId;
  projectId: string;
  userId: string;
  amounts: Amounts;
  zone: string | null;
  host: string | null;
  node: string | null;
  requiredTraits: readonly string[];
  forbiddenTraits: readonly string[];
  groupId: string | null;
  sameHost: readonly string[];
  differentHost: readonly string[];
}

/** No host takes the server; the message has the reasons by class. */
export class NoValidHost extends Conflict {
  constructor(decision: Decision) {
    super('compute.scheduling.no-valid-host', `No valid host was found. ${whyNone(decision, 'host')}`);
  }
}

class HostsContended extends Unavailable {
  constructor() {
    super('compute.scheduling.contended', 'Others took the room on every suitable host meanwhile.');
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
 * Finds a host for a server and takes room on it.
 *
 * Theory of operation. Hosts are read, a decision is made purely, and the best host is claimed in one transaction that also
 * writes `placed` (the server's host) and keeps the decision. The claim counts again under the provider's lock (and the
 * group's, where there is one): a decision made from old numbers loses there, and is made again from new ones. If the process
 * dies before the commit, nothing has happened; after it, the server has a host and is not placed again.
 */
@Injectable()
export class Reservations {
  constructor(
    private readonly db: Database,
    private readonly scheduling: SchedulingRepository,
    private readonly placement: PlacementRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Claims a host and runs `placed` in the same transaction. Throws `NoValidHost`, whose decision has been kept. */
  async reserve(wanted: Placeable, transaction: Transaction, placed: (tx: Tx, host: HostId) => Promise<unknown>): Promise<void> {
    for (let attempt = 0; attempt < MOST_DECISIONS; attempt++) {
      const decision = await this.decide(wanted);
      const best = decision.ranked[0]?.candidate;
      if (best === undefined) {
        await transaction((tx) => this.scheduling.keep(tx, wanted.server, this.now(), explain(decision, null)));
        throw new NoValidHost(decision);
      }
      const isClaimed = await transaction(async (tx) => {
        if (!(await this.claim(tx, wanted, best))) return false;
        await this.scheduling.keep(tx, wanted.server, this.now(), explain(decision, best.name));
        await placed(tx, best.name as HostId);
        return true;
      });
      if (isClaimed) return;
    }
    throw new HostsContended();
  }

  private async decide(wanted: Placeable): Promise<Decision> {
    const named = [...wanted.sameHost, ...wanted.differentHost];
    const [hosts, group] = [
      await this.scheduling.hosts(this.db, { upSince: silentBefore(this.clock), named }),
      wanted.groupId === null ? undefined : await this.scheduling.group(this.db, wanted.groupId),
    ];
    return decide({ ...wanted, group }, hosts);
  }

  private async claim(tx: Tx, wanted: Placeable, { name: host, provider }: HostState): Promise<boolean> {
    if (wanted.groupId !== null && !(await this.groupStillAllows(tx, wanted.groupId, host))) return false;
    return this.placement.claim(tx, { consumer: wanted.server, projectId: wanted.projectId, userId: wanted.userId, provider, amounts: wanted.amounts });
  }

  /** Under the group's lock: two members placed at once would not see each other. */
  private async groupStillAllows(tx: Tx, groupId: string, host: string): Promise<boolean> {
    const group = await this.scheduling.lockGroup(tx, groupId);
    if (group === undefined) return true;
    const here = group.membersByHost.get(host) ?? 0;
    if (group.policy === 'anti-affinity') return here < group.maxPerHost;
    return group.policy !== 'affinity' || group.membersByHost.size === 0 || here > 0;
  }

  private now(): Date {
    return new Date(this.clock.now());
  }
}
