import { setTimeout as sleep } from 'node:timers/promises';
import { milliseconds, seconds } from '@virga/kernel';
import type { DatabaseTables } from './columns.js';
import type { Operation } from './operations.js';
import { Replica, type TableUpdates } from './replica.js';
import { ConnectionLost, OvsdbSession, parseRemote } from './session.js';

/** The first pause before connecting again; it doubles up to the longest. Too low: a restarting server is hammered; too high: we are blind longer than need be. */
const FIRST_PAUSE = milliseconds(50);
const LONGEST_PAUSE = seconds(3);
/** How long connecting and the first copy may take; a large database on a busy machine takes some seconds. */
const HANDSHAKE_LIMIT = seconds(30);
/**
 * How long a caller waits for a connection that is down before it is told so. Too low: a restart of the server is felt by users;
 * too high: requests pile up while it is really away.
 */
const PATIENCE = seconds(2);
const NO_TRANSACTION = '00000000-0000-0000-0000-000000000000';

/** A transaction was refused as a whole; `error` is RFC 7047's word (`timed out` is a failed guard). */
export class TransactionFailed extends Error {
  constructor(readonly error: string, readonly details: string, readonly operation: Operation | undefined) {
    super(`${error}: ${details}`);
    this.name = 'TransactionFailed';
  }
}

/** No server of the database has been reachable for a while. */
export class NotConnected extends Error {
  constructor(database: string, cause: unknown) {
    super(`No connection to ${database}.`, { cause });
    this.name = 'NotConnected';
  }
}

/** The remotes of one database, as OVN writes them: `tcp:10.0.0.1:6641,tcp:10.0.0.2:6641`. */
export interface OvsdbDatabaseOptions<Tables extends DatabaseTables> {
  remotes: string;
  database: string;
  /** The tables and columns to copy. */
  tables: Tables;
}

/**
 * One database with a live copy.
 *
 * Theory of operation. A loop connects to the remotes in turn, for ever, with growing pauses, until `close`. On each connection it
 * asks for everything after the last transaction that it has seen (`monitor_cond_since`); a clustered database, even one of one
 * node, answers with just that, and anything else with all rows, from which the differences are taken. Thus the copy lags but never
 * lies, and listeners hear of each difference once. ovsdb-server sends a transaction's update before its reply on the same
 * connection, so that after `transact` the copy contains it, and after a failed guard it contains what the guard tripped over.
 * A server that has lost its cluster is left for the next one. A connection lost during `transact` leaves the outcome open:
 * callers look at the copy again, since all our transactions say what must be true.
 */
export class OvsdbDatabase<Tables extends DatabaseTables> {
  readonly replica: Replica<Tables>;
  private readonly remotes: string[];
  private readonly stopped = new AbortController();
  private readonly running: Promise<void>;
  private session: OvsdbSession | undefined;
  private lastTransaction = NO_TRANSACTION;
  private lastFailure: unknown;
  private connected = Promise.withResolvers<OvsdbSession>();
  /** Updates that came in one read with the first copy, before that was taken in. */
  private early: unknown[][] | undefined;

  constructor(private readonly options: OvsdbDatabaseOptions<Tables>) {
    this.replica = new Replica(options.tables);
    this.remotes = options.remotes.split(',').map((remote) => remote.trim());
    for (const remote of this.remotes) parseRemote(remote); // A misspelt one is an error now, not a silent retry for ever.
    this.running = this.run();
  }

  /** Whether the copy is current right now. */
  get isConnected(): boolean {
    return this.session !== undefined;
  }

  /** Resolves once the copy is current; throws `NotConnected` after `patience` milliseconds, or the signal's reason. */
  async whenConnected(signal: AbortSignal, patience: number = PATIENCE): Promise<void> {
    await this.connection(signal, patience);
  }

  /** Commits all operations or none. Throws `TransactionFailed`, `NotConnected`, `ConnectionLost`, or the signal's reason. */
  async transact(operations: Operation[], signal: AbortSignal): Promise<void> {
    const session = await this.connection(signal, PATIENCE);
    const results = await session.call('transact', [this.options.database, ...operations], signal);
    for (const [index, result] of (results as ({ error?: string; details?: string } | null)[]).entries()) {
      // The one beyond the last operation tells of a constraint that the whole transaction breaks.
      if (result?.error !== undefined) throw new TransactionFailed(result.error, result.details ?? '', operations[index]);
    }
  }

  async close(): Promise<void> {
    this.stopped.abort(new ConnectionLost('closed'));
    this.session?.close();
    await this.running;
  }

  private async connection(signal: AbortSignal, patience: number): Promise<OvsdbSession> {
    signal.throwIfAborted();
    if (this.session !== undefined) return this.session;
    const limits = Number.isFinite(patience) ? [AbortSignal.timeout(patience)] : [];
    const enough = AbortSignal.any([signal, this.stopped.signal, ...limits]);
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(signal.aborted ? signal.reason : new NotConnected(this.options.database, this.lastFailure));
      if (enough.aborted) giveUp();
      enough.addEventListener('abort', giveUp, { once: true });
      void this.connected.promise.then((session) => {
        enough.removeEventListener('abort', giveUp);
        resolve(session);
      });
    });
  }

  private async run(): Promise<void> {
    let pause: number = FIRST_PAUSE;
    for (let turn = 0; !this.stopped.signal.aborted; turn++) {
      const wasConnected = await this.connectOnce(this.remotes[turn % this.remotes.length] as string);
      pause = wasConnected ? FIRST_PAUSE : Math.min(pause * 2, LONGEST_PAUSE);
      // Replicas of a service must not all come back in the same moment.
      await sleep(pause * (0.5 + Math.random()), undefined, { signal: this.stopped.signal, ref: false }).catch(() => undefined);
    }
  }

  /** Connects, follows until the connection ends, and answers whether it ever was current. */
  private async connectOnce(remote: string): Promise<boolean> {
    let session: OvsdbSession | undefined;
    try {
      const limit = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(HANDSHAKE_LIMIT)]);
      session = await OvsdbSession.open(remote, (method, params) => this.notified(method, params), limit);
      await this.requireServing(session, limit);
      await this.synchronize(session, limit);
      this.session = session;
      this.connected.resolve(session);
      this.lastFailure = await session.ended;
      return true;
    } catch (error) {
      this.lastFailure = error;
      return false;
    } finally {
      session?.close();
      if (this.session !== undefined) this.connected = Promise.withResolvers();
      this.session = undefined;
    }
  }

  /** Follows the server's own view of the database, so that one cut off from its cluster is not believed. */
  private async requireServing(session: OvsdbSession, signal: AbortSignal): Promise<void> {
    const monitored = await session.call('monitor', ['_Server', 'server', { Database: [{ columns: ['name', 'connected'] }] }], signal);
    if (this.hasLostCluster(monitored as ServerUpdates)) throw new Error('The server is not connected to its cluster.');
  }

  private hasLostCluster(updates: ServerUpdates): boolean {
    return Object.values(updates.Database ?? {}).some((row) => row.new?.name === this.options.database && row.new.connected === false);
  }

  private async synchronize(session: OvsdbSession, signal: AbortSignal): Promise<void> {
    const requests = Object.fromEntries(Object.entries(this.options.tables).map(([table, columns]) => [table, [{ columns: Object.keys(columns) }]]));
    this.early = [];
    const reply = await session.call('monitor_cond_since', [this.options.database, this.options.database, requests, this.lastTransaction], signal);
    const [isContinued, transaction, updates] = reply as [boolean, string, TableUpdates];
    this.lastTransaction = NO_TRANSACTION;
    if (isContinued) this.replica.apply(updates);
    else this.replica.replace(updates);
    this.lastTransaction = transaction;
    const early = this.early;
    this.early = undefined;
    for (const params of early) this.updated(params);
  }

  /** Called in order of arrival; an exception closes the session, and the next one starts from the last good transaction. */
  private notified(method: string, params: unknown[]): void {
    if (method === 'update3' && params[0] === this.options.database) {
      if (this.early === undefined) this.updated(params);
      else this.early.push(params);
    } else if (method === 'update' && params[0] === 'server' && this.hasLostCluster(params[1] as ServerUpdates)) {
      throw new Error('The server has lost its cluster.');
    }
  }

  private updated(params: unknown[]): void {
    // Should applying throw half-way, only a full copy can be trusted again.
    this.lastTransaction = NO_TRANSACTION;
    this.replica.apply(params[2] as TableUpdates);
    this.lastTransaction = params[1] as string;
  }
}

interface ServerUpdates {
  Database?: Record<string, { new?: { name: string; connected: boolean } }>;
}
