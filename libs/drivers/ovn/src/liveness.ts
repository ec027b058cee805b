import { seconds, type Clock, type Duration, type Instant } from '@virga/kernel';
import type { ChassisState } from '@virga/ports';
import type { OvsdbDatabase } from './ovsdb/database.js';
import type { Northbound } from './northbound.js';
import type { SbReplica, Southbound } from './southbound.js';

/**
 * How long an answer counts. Too low: every look makes all hosts answer, and northd compute. Too high: a dead host is believed
 * to live for this long.
 */
const FRESHNESS = seconds(30);
/** How long hosts have to answer. Too low: a busy one is called dead (northd alone takes seconds at a thousand ports); too high: callers wait. */
export const ANSWER_LIMIT = seconds(8);
/** How long northd may take to pass the question on before it is taken to be down itself, about which hosts are not to blame. */
const RELAY_LIMIT = seconds(5);

/**
 * Which hosts answer.
 *
 * Theory of operation. Raising `NB_Global.nb_cfg` is a question: northd copies it to the southbound database, each ovn-controller
 * writes it to its `Chassis_Private` row once it has caught up (ovn-architecture(7)). A host that does not do so in time is not
 * alive. Concurrent callers share one question, and an answer counts for a while. If northd itself does not pass the question
 * on, nothing is learnt and the last knowledge stands; before any, presence counts as life.
 */
export class ChassisLiveness {
  private dead: ReadonlySet<string> = new Set();
  private askedAt: Instant | undefined;
  private asking: Promise<void> | undefined;

  constructor(
    private readonly northbound: OvsdbDatabase<Northbound>,
    private readonly southbound: OvsdbDatabase<Southbound>,
    private readonly clock: Clock,
    private readonly options: { signal: AbortSignal; answerLimit?: Duration },
  ) {}

  async chassis(signal: AbortSignal): Promise<ChassisState[]> {
    await this.southbound.whenConnected(signal);
    if (this.askedAt === undefined || this.clock.now() - this.askedAt > FRESHNESS) {
      this.asking ??= this.ask().finally(() => { this.asking = undefined; });
      await abortable(this.asking, signal);
    }
    return [...this.southbound.replica.table('Chassis').values()]
      .map(({ name, hostname }) => ({ name, hostname, isAlive: !this.dead.has(name) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** One question to all, on behalf of every caller: it ends by its own limits, not with one of them. */
  private async ask(): Promise<void> {
    const [[uuid, { nb_cfg: last }] = [undefined, { nb_cfg: 0 }]] = [...this.northbound.replica.table('NB_Global')];
    if (uuid === undefined) return;
    const where = [['_uuid', '==', ['uuid', uuid]]];
    const limit = AbortSignal.any([this.options.signal, AbortSignal.timeout(this.options.answerLimit ?? ANSWER_LIMIT)]);
    await this.northbound.transact([{ op: 'mutate', table: 'NB_Global', where, mutations: [['nb_cfg', '+=', 1]] }], limit);
    const question = last + 1;
    const replica = this.southbound.replica;
    const isRelayed = await until(replica, () => [...replica.table('SB_Global').values()].some(({ nb_cfg: cfg }) => cfg >= question),
      AbortSignal.any([limit, AbortSignal.timeout(RELAY_LIMIT)]));
    this.askedAt = this.clock.now();
    if (!isRelayed) return;
    await until(replica, () => this.silent(question).size === 0, limit);
    this.dead = this.silent(question);
  }

  private silent(question: number): Set<string> {
    const answered = new Set([...this.southbound.replica.table('Chassis_Private').values()].filter((row) => row.nb_cfg >= question).map(({ name }) => name));
    return new Set([...this.southbound.replica.table('Chassis').values()].map(({ name }) => name).filter((name) => !answered.has(name)));
  }
}

/** Whether `condition` came true before the signal; looked at after every change of the copy. */
async function until(replica: SbReplica, condition: () => boolean, signal: AbortSignal): Promise<boolean> {
  if (condition()) return true;
  return new Promise((resolve) => {
    const finish = (): void => {
      unsubscribe();
      signal.removeEventListener('abort', finish);
      resolve(condition());
    };
    const unsubscribe = replica.subscribe(() => { if (condition()) finish(); });
    signal.addEventListener('abort', finish, { once: true });
    if (signal.aborted) finish();
  });
}

async function abortable(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
