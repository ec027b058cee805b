import { Bug, days, hours, Loop, milliseconds, systemClock, type Clock, type Duration, type Instant } from '@virga/kernel';
import { silentLogger, type Logger } from '@virga/observability';
import type { Database, Reader } from '@virga/persistence';

/** Knows for one type of resource whose history is still shown to somebody, and therefore kept however old it is. */
export abstract class HistoryKeeper {
  /** That of the operations that it answers for. */
  abstract readonly resourceType: string;
  /** Those of the given resources whose history stays. */
  abstract shown(db: Reader, resourceIds: readonly string[]): Promise<ReadonlySet<string>>;
}

/**
 * How long what is over is kept. Too low: whoever asks why something failed last week finds nothing. Too high: the tables grow, and
 * with them backups and every vacuum; nothing else depends on it.
 */
export const KEPT_FOR: Duration = days(30);

/** Operations looked at in one turn. Too low: a busy cloud finishes more than is removed. Too high: one statement removes many rows and holds up others. */
const BATCH = 500;
/** Between turns of one round: leaves the database to those who wait for it. */
const PAUSE: Duration = milliseconds(200);
/** Between rounds. */
const REST: Duration = hours(1);

export interface PrunerParts {
  db: Database;
  keptFor?: Duration;
  clock?: Clock;
  logger?: Logger;
  batch?: number;
}

/** Where a round stands: after this operation, in the order in which operations ended. */
interface Position {
  finishedAt: Instant;
  id: string;
}

/**
 * Removes finished operations and paid debts after their time.
 *
 * Theory of operation. A round goes through everything that ended long enough ago, the oldest first, in turns of bounded size; each turn
 * remembers how far it came, so that what is kept is passed over once a round and not once a turn. What is over never changes and what is
 * removed was shown to nobody, so nothing is locked: replicas that prune at once, or a process that dies between two turns, cost a statement
 * that finds less. Live operations and unpaid debts are not touched, whatever their age.
 */
export class HistoryPruner {
  private readonly keepers = new Map<string, HistoryKeeper>();
  private readonly loop: Loop;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private position: Position | undefined;

  constructor(private readonly parts: PrunerParts) {
    this.clock = parts.clock ?? systemClock;
    this.logger = parts.logger ?? silentLogger;
    this.loop = new Loop({ rest: REST, turn: () => this.turn(), failed: (error) => this.logger.warn('history.prune-failed', { error }) });
  }

  register(keeper: HistoryKeeper): void {
    if (this.keepers.has(keeper.resourceType)) throw new Bug('history.keeper.twice', `Two keepers are registered for ${keeper.resourceType}.`);
    this.keepers.set(keeper.resourceType, keeper);
  }

  start(): void {
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** One whole round, however long; works without `start`. Answers how many operations and debts were removed. */
  async prune(): Promise<number> {
    this.position = undefined;
    let removed = 0;
    for (let some = await this.pruneSome(); ; some = await this.pruneSome()) {
      removed += some.removed;
      if (some.isLast) return removed;
    }
  }

  private async turn(): Promise<Duration> {
    const { removed, isLast } = await this.pruneSome();
    if (removed > 0) this.logger.info('history.pruned', { removed });
    return isLast ? REST : PAUSE;
  }

  private async pruneSome(): Promise<{ removed: number; isLast: boolean }> {
    const [batch, endedBefore] = [this.parts.batch ?? BATCH, this.clock.now() - (this.parts.keptFor ?? KEPT_FOR)];
    const old = await endedOperations(this.parts.db, endedBefore, this.position, batch);
    const kept = await this.kept(old);
    const operations = await removeOperations(this.parts.db, old.filter((operation) => !kept.has(operation)).map(({ id }) => id));
    const debts = await removePaidDebts(this.parts.db, endedBefore, batch);
    const last = old.at(-1);
    this.position = last !== undefined && old.length === batch ? { finishedAt: last.finished_at.getTime(), id: last.id } : undefined;
    return { removed: operations + debts, isLast: old.length < batch && debts < batch };
  }

  private async kept(operations: readonly EndedOperation[]): Promise<ReadonlySet<EndedOperation>> {
    const kept = new Set<EndedOperation>();
    for (const [resourceType, keeper] of this.keepers) {
      const ofType = operations.filter((operation) => operation.resource_type === resourceType);
      if (ofType.length === 0) continue;
      const shown = await keeper.shown(this.parts.db, [...new Set(ofType.map((operation) => operation.resource_id))]);
      for (const operation of ofType) if (shown.has(operation.resource_id)) kept.add(operation);
    }
    return kept;
  }
}

interface EndedOperation {
  id: string;
  resource_type: string;
  resource_id: string;
  finished_at: Date;
}

function endedOperations(db: Reader, before: Instant, after: Position | undefined, limit: number): Promise<EndedOperation[]> {
  const [from, fromId] = [new Date(after?.finishedAt ?? 0), after?.id ?? '00000000-0000-0000-0000-000000000000'];
  return db.sql<EndedOperation>`
    SELECT id, resource_type, resource_id, finished_at FROM operation
    WHERE due_at IS NULL AND finished_at < ${new Date(before)} AND (finished_at, id) > (${from}, ${fromId}::uuid)
    ORDER BY finished_at, id LIMIT ${limit}`;
}

async function removeOperations(db: Reader, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  return (await db.sql`DELETE FROM operation WHERE id = ANY (${ids}::uuid[]) AND due_at IS NULL RETURNING id`).length;
}

async function removePaidDebts(db: Reader, before: Instant, limit: number): Promise<number> {
  const rows = await db.sql`
    DELETE FROM debt WHERE id IN (SELECT id FROM debt WHERE paid_at < ${new Date(before)} ORDER BY paid_at LIMIT ${limit}) RETURNING id`;
  return rows.length;
}
