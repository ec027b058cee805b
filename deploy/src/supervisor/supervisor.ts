import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessSpec } from '../process-spec.js';
import { rotateLog } from './log-file.js';
import { ManagedProcess, type ProcessRecord } from './managed-process.js';

const ROTATION_PAUSE_MS = 15_000;

/**
 * Keeps a set of processes running.
 *
 * Theory of operation. The set is told from outside (`ensure`) and written to a file with every change, together with
 * what runs; a supervisor that is started after a death reads it and adopts what is still alive. `ensure` is convergent:
 * unchanged processes are left alone, changed ones are restarted, so `npm start` may be repeated at any time. What is
 * asked is done one after another: two callers cannot start the same process twice.
 */
export class Supervisor {
  private readonly processes = new Map<string, ManagedProcess>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly stateFile: string, private readonly logDirectory: string) {}

  /** Takes over what an earlier supervisor of this state left running, and starts what died meanwhile. */
  resume(): void {
    if (!existsSync(this.stateFile)) return;
    const records = JSON.parse(readFileSync(this.stateFile, 'utf8')) as ProcessRecord[];
    for (const record of records.filter(({ state }) => state !== 'stopped')) this.manage(record).start();
  }

  /** Makes the given processes run as specified; others are left as they are. Answers the names of those it (re)started. */
  ensure(specs: ProcessSpec[]): Promise<string[]> {
    return this.inTurn(async () => {
      const changed = specs.filter((spec) => !this.runsAs(spec));
      await Promise.all(changed.map((spec) => this.processes.get(spec.name)?.stop()));
      for (const spec of changed) {
        this.manage({ spec, state: 'running', process: undefined, restarts: 0, lastEnd: undefined }).start();
      }
      return changed.map(({ name }) => name);
    });
  }

  /** Stops the processes of at least this rank, highest first, and forgets them. */
  stopFrom(rank: number): Promise<string[]> {
    return this.inTurn(async () => {
      const doomed = [...this.processes.values()].filter(({ record }) => record.spec.rank >= rank);
      const ranks = [...new Set(doomed.map(({ record }) => record.spec.rank))].sort((a, b) => b - a);
      for (const each of ranks) await Promise.all(doomed.filter(({ record }) => record.spec.rank === each).map((one) => one.stop()));
      for (const { record } of doomed) this.processes.delete(record.spec.name);
      this.save();
      return doomed.map(({ record }) => record.spec.name);
    });
  }

  restart(name: string): Promise<string[]> {
    return this.inTurn(async () => {
      const one = this.processes.get(name);
      await one?.stop();
      one?.start();
      return one === undefined ? [] : [name];
    });
  }

  records(): ProcessRecord[] {
    return [...this.processes.values()].map(({ record }) => record);
  }

  /** Keeps the logs small until the signal comes. */
  async keepLogsSmall(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const { record } of this.processes.values()) rotateLog(this.logOf(record.spec.name));
      await pause(ROTATION_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private runsAs(spec: ProcessSpec): boolean {
    const current = this.processes.get(spec.name)?.record;
    return current !== undefined && current.state !== 'stopped' && JSON.stringify(current.spec) === JSON.stringify(spec);
  }

  private manage(record: ProcessRecord): ManagedProcess {
    const managed = new ManagedProcess(record, this.logOf(record.spec.name), () => this.save());
    this.processes.set(record.spec.name, managed);
    return managed;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined); // the caller hears of it; the next one is not concerned
    return mine;
  }

  private save(): void {
    writeFileSync(`${this.stateFile}.new`, JSON.stringify(this.records(), undefined, 1), { mode: 0o600 });
    renameSync(`${this.stateFile}.new`, this.stateFile);
  }

  private logOf = (name: string) => join(this.logDirectory, `${name}.log`);
}
