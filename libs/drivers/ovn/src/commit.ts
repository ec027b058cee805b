import { DriverUnavailable, Refused } from '@virga/ports';
import { seconds } from '@virga/kernel';
import { MissingReference } from './compile/unit.js';
import type { NbReplica, Northbound } from './northbound.js';
import { NotConnected, TransactionFailed, type OvsdbDatabase } from './ovsdb/database.js';
import type { Operation } from './ovsdb/operations.js';
import { CallFailed, ConnectionLost } from './ovsdb/session.js';

/** The transaction rests on something that is not so (any more): a guard, an id or a name that is taken, a row that is gone. */
const CONFLICTS: ReadonlySet<string> = new Set(['timed out', 'duplicate uuid', 'constraint violation', 'referential integrity violation', 'aborted']);
/** The server cannot commit at the moment. */
const TROUBLES: ReadonlySet<string> = new Set(['I/O error', 'resources exhausted', 'cluster error', 'not leader', 'disconnected', 'canceled', 'not owner']);
/**
 * How long a thing that is referred to may take to appear in our copy, when another process has just made it. Too low: a request
 * that follows another at once through a different replica is refused; too high: a real mistake is told late.
 */
const APPEARANCE_LIMIT = seconds(1);

export const isConflict = (error: unknown): boolean => error instanceof TransactionFailed && CONFLICTS.has(error.error);

/**
 * Makes a plan from the copy and commits it, with a new plan as often as others were faster. A plan that fails unchanged will
 * always fail: `Refused`.
 */
export async function commitPlanned(database: OvsdbDatabase<Northbound>, plan: () => Operation[], signal: AbortSignal): Promise<void> {
  let failed: string | undefined;
  for (;;) {
    await whenConnected(database, signal);
    const operations = await planned(database.replica, plan, signal);
    if (operations.length === 0) return;
    try {
      await database.transact(operations, signal);
      return;
    } catch (error) {
      const text = JSON.stringify(operations);
      if (isConflict(error) && text !== failed) failed = text;
      // Committed or not: the copy will tell once it is back.
      else if (!(error instanceof ConnectionLost)) throw translated(error);
    }
  }
}

/** Driver failures in the port's words. */
export function translated(error: unknown): unknown {
  if (error instanceof Refused || error instanceof DriverUnavailable) return error;
  if (error instanceof MissingReference) return new Refused('ovn', error.message, { cause: error });
  if (error instanceof TransactionFailed && !TROUBLES.has(error.error)) return new Refused('ovn', error.message, { cause: error });
  return isOutside(error) ? new DriverUnavailable('ovn', { cause: error }) : error;
}

/** Whether it is the server's state or the caller's patience, not a mistake of ours. */
function isOutside(error: unknown): boolean {
  return [TransactionFailed, NotConnected, ConnectionLost, CallFailed].some((kind) => error instanceof kind)
    || (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError'));
}

/** Throws `DriverUnavailable` where the database stays away. */
export async function whenConnected(database: OvsdbDatabase<Northbound>, signal: AbortSignal): Promise<void> {
  await database.whenConnected(signal).catch((error: unknown) => {
    throw signal.aborted ? new DriverUnavailable('ovn', { cause: error }) : translated(error);
  });
}

async function planned(replica: NbReplica, plan: () => Operation[], signal: AbortSignal): Promise<Operation[]> {
  const limit = AbortSignal.timeout(APPEARANCE_LIMIT);
  for (;;) {
    try {
      return plan();
    } catch (error) {
      if (!(error instanceof MissingReference) || limit.aborted || signal.aborted) throw translated(error);
      await nextChange(replica, AbortSignal.any([limit, signal]));
    }
  }
}

async function nextChange(replica: NbReplica, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const unsubscribe = replica.subscribe(() => resolve());
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  unsubscribe();
}
