import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessSpec } from '../process-spec.js';
import { openLog } from './log-file.js';
import { identify, isAlive, type ProcessId } from './proc.js';

const FIRST_DELAY_MS = 200;
/** Too low: a process that cannot start burns the machine. Too high: people wait after having mended the cause. */
const LONGEST_DELAY_MS = 20_000;
/** A process that lived this long is taken to have worked, and its next death is answered at once. */
const STEADY_MS = 60_000;
const ADOPTED_POLL_MS = 500;
const AFTER_START_TRIES = 30;

export type ProcessState = 'running' | 'restarting' | 'stopped';

/** What is known of one process, for `status` and for a later supervisor. */
export interface ProcessRecord {
  spec: ProcessSpec;
  state: ProcessState;
  process: ProcessId | undefined;
  restarts: number;
  /** How the last one ended, for people. */
  lastEnd: string | undefined;
}

/**
 * One process that is kept running.
 *
 * Theory of operation. A process is started in a session of its own and writes to its log itself, so it outlives the
 * supervisor; a later supervisor adopts it by number and start time and then sees its death by looking, twice a second,
 * since only a parent is told. A death that was not asked for is answered by a start, after a delay that doubles until a
 * process has lived for a minute.
 */
export class ManagedProcess {
  private stopping = false;
  private delayMs = FIRST_DELAY_MS;
  private wake: AbortController | undefined;
  private ended: Promise<void> = Promise.resolve();

  constructor(readonly record: ProcessRecord, private readonly logFile: string, private readonly changed: () => void) {}

  /** Starts it, or adopts the one that already runs. */
  start(): void {
    this.stopping = false;
    const { process: known } = this.record;
    this.ended = known !== undefined && isAlive(known) ? this.keep(this.adopted(known)) : this.keep(this.launch());
  }

  /** Ends it and waits until it is gone; it is killed if it has not ended after its own patience. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake?.abort();
    const { process: current, spec } = this.record;
    if (current !== undefined && isAlive(current)) {
      process.kill(current.pid, spec.stopSignal);
      await Promise.race([this.ended, pause(spec.stopSeconds * 1000, undefined, { ref: false })]);
      if (isAlive(current)) process.kill(spec.leavesChildren ? current.pid : -current.pid, 'SIGKILL');
    }
    await this.ended;
  }

  private async keep(firstEnd: Promise<string>): Promise<void> {
    let end = firstEnd;
    for (;;) {
      const since = performance.now();
      this.become('running');
      this.record.lastEnd = await end;
      this.record.process = undefined;
      if (this.stopping) break;
      this.delayMs = performance.now() - since > STEADY_MS ? FIRST_DELAY_MS : Math.min(this.delayMs * 2, LONGEST_DELAY_MS);
      this.become('restarting');
      await this.sleep(this.delayMs);
      if (this.stopping) break;
      this.record.restarts += 1;
      end = this.launch();
    }
    this.become('stopped');
  }

  /** Runs the program; answers, once it has ended, how. */
  private launch(): Promise<string> {
    const { spec } = this.record;
    const [program = '', ...args] = spec.user === undefined ? spec.argv : underUser(spec.user, spec.argv);
    const log = openLog(this.logFile);
    writeSync(log, `--- ${new Date().toISOString()} ${spec.name}: starting\n`);
    const child = spawn(program, args, { cwd: spec.workingDirectory, env: { ...inheritedEnvironment(), ...spec.environment }, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    this.record.process = child.pid === undefined ? undefined : identify(child.pid);
    void this.afterStart();
    return new Promise((resolve) => {
      child.on('error', (error) => resolve(`could not be started: ${error.message}`));
      child.on('exit', (code, signal) => resolve(signal === null ? `ended with ${String(code)}` : `was ended by ${signal}`));
    });
  }

  private async adopted(known: ProcessId): Promise<string> {
    while (isAlive(known)) await pause(ADOPTED_POLL_MS);
    return 'ended while nobody was looking';
  }

  /** The hook may come too early, so it is tried again; its words go to the process's log. */
  private async afterStart(): Promise<void> {
    const [program, ...args] = this.record.spec.afterStart ?? [];
    const { process: mine } = this.record;
    for (let tries = 0; program !== undefined && mine !== undefined && tries < AFTER_START_TRIES && isAlive(mine); tries += 1) {
      if ((await this.runHook(program, args)) === 0) return;
      await pause(1_000);
    }
  }

  private runHook(program: string, args: string[]): Promise<number> {
    const log = openLog(this.logFile);
    const hook = spawn(program, args, { cwd: '/', env: inheritedEnvironment(), stdio: ['ignore', log, log] });
    closeSync(log);
    return new Promise((resolve) => {
      hook.on('error', () => resolve(-1));
      hook.on('exit', (code) => resolve(code ?? -1));
    });
  }

  private async sleep(milliseconds: number): Promise<void> {
    this.wake = new AbortController();
    await pause(milliseconds, undefined, { signal: this.wake.signal }).catch(() => undefined); // woken early by stop()
  }

  private become(state: ProcessState): void {
    this.record.state = state;
    this.changed();
  }
}

const underUser = (user: string, argv: string[]) => ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', '--', ...argv];

/** What was in the shell that happened to run `npm start` is none of a daemon's business. */
const inheritedEnvironment = () => ({ PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' });
