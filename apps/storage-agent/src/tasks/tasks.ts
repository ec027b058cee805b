import { days, Fault, type Clock } from '@virga/kernel';
import type { Logger } from '@virga/observability';
import { DriverUnavailable, Outdated, Refused } from '@virga/ports';
import type { StorageReporter } from '../reports/index.js';
import type { DurableDirectory } from './durable-directory.js';
import { Slots } from './slots.js';

/** Too low: backups of many volumes take longer than they must. Too high: guests' own requests wait behind them. */
const AT_ONCE = 2;
/** A service asks again long before. */
const REMEMBERED = days(7);
const REPORT_EVERY_MS = 2_000;
const SUFFIX = '.task';
const ID = /^[0-9a-f-]{36}$/;

export interface TaskCommand {
  backend: string;
  taskId: string;
  generation: number;
}

export interface TaskOutcome {
  /** Bytes of backup objects or image data, where the task made any. */
  sizeBytes: number | null;
  objects: number | null;
}

/** What a task may use while it runs. */
export interface TaskContext {
  signal: AbortSignal;
  /** Tells how far it is: from 0 to 1. */
  progress(fraction: number): void;
}

export type TaskWork = (context: TaskContext) => Promise<TaskOutcome>;

interface TaskRecord extends TaskCommand {
  command: string;
  state: 'running' | 'done' | 'failed';
  outcome: TaskOutcome;
  code: string | null;
  message: string | null;
  at: number;
}

interface Running {
  generation: number;
  stopping: AbortController;
  ended: Promise<void>;
  percent: number;
}

const NOTHING: TaskOutcome = { sizeBytes: null, objects: null };

/**
 * Long work, which nobody waits for: hours of copying are no reason to keep a message unacknowledged.
 *
 * Theory of operation. A command only starts its task, and is acknowledged at once. How a task ended is on disk before it is
 * reported, so that the same command, when it comes again, is answered alike and does nothing twice. What can never work ends
 * the task; what may work later is reported as a command that failed, and the task is begun again by the command's repetition. If this
 * process dies, it finds the task's record at its next start and says that it broke off.
 */
export class Tasks {
  private readonly running = new Map<string, Running>();
  private readonly slots = new Slots(AT_ONCE);
  private isStopping = false;

  private constructor(
    private readonly directory: DurableDirectory, private readonly records: Map<string, TaskRecord>,
    private readonly parts: { reporter: StorageReporter; logger: Logger; clock: Clock },
  ) {}

  static async open(directory: DurableDirectory, parts: { reporter: StorageReporter; logger: Logger; clock: Clock }): Promise<Tasks> {
    const records = new Map<string, TaskRecord>();
    const names = await directory.names();
    for (const name of names.filter((candidate) => candidate.endsWith(SUFFIX))) {
      const record = JSON.parse(await directory.read(name) ?? '{}') as TaskRecord;
      if (record.at + REMEMBERED >= parts.clock.now()) {
        records.set(record.taskId, record);
        continue;
      }
      for (const own of names.filter((candidate) => candidate.startsWith(record.taskId))) await directory.remove(own);
    }
    return new Tasks(directory, records, parts);
  }

  /** Says of what a dead predecessor had begun that it is to be sent again. */
  reportBroken(): void {
    for (const { taskId, generation, backend, command, state } of this.records.values()) {
      if (state === 'running') this.brokeOff(command, { backend, taskId, generation }, 'agent.restarted', 'The storage host restarted.');
    }
  }

  /** Begins the work, or says how it stands; resolves when that is certain, not when the work is done. */
  async start(command: string, task: TaskCommand, work: TaskWork): Promise<void> {
    const { taskId } = task;
    if (!ID.test(taskId)) throw new Refused('storage', 'the task id is not a UUID');
    if (this.isStopping) throw new DriverUnavailable('storage', { cause: new Error('the agent stops') });
    const running = this.running.get(taskId);
    if (this.answer(task, running)) return;
    if (running === undefined) return this.begin(command, task, work);
    running.stopping.abort(new Outdated('task', taskId));
    await running.ended;
    // Looked at anew: another command for the same task may have come first while this one waited.
    await this.start(command, task, work);
  }

  /** Ends all work where it is; what can go on later does so when its command comes again. */
  async stop(): Promise<void> {
    this.isStopping = true;
    const all = [...this.running.values()];
    for (const { stopping } of all) stopping.abort(new Error('The agent stops.'));
    await Promise.all(all.map(({ ended }) => ended));
  }

  /** Says how the task stands where there is nothing to begin; throws `Outdated` where a newer one was seen. */
  private answer(task: TaskCommand, running: Running | undefined): boolean {
    const { taskId, generation } = task;
    const known = this.records.get(taskId);
    if ((known?.generation ?? 0) > generation) throw new Outdated('task', taskId);
    if (running?.generation === generation) {
      this.reportRunning(task, running.percent);
      return true;
    }
    if (running !== undefined || known?.generation !== generation || known.state === 'running') return false;
    this.reportEnd(known);
    return true;
  }

  private async begin(command: string, task: TaskCommand, work: TaskWork): Promise<void> {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const running: Running = { generation: task.generation, stopping: new AbortController(), percent: 0, ended };
    const leave = (): void => {
      this.running.delete(task.taskId);
      resolve();
    };
    this.running.set(task.taskId, running);
    try {
      await this.keep({ ...task, command, state: 'running', outcome: NOTHING, code: null, message: null });
    } catch (error) {
      leave();
      throw error;
    }
    void this.carryOut(command, task, work, running).finally(leave);
    this.reportRunning(task, 0);
  }

  private async carryOut(command: string, task: TaskCommand, work: TaskWork, running: Running): Promise<void> {
    const { signal } = running.stopping;
    let reportedAt = performance.now();
    const progress = (fraction: number): void => {
      running.percent = Math.min(99, Math.max(running.percent, Math.floor(fraction * 100)));
      if (performance.now() - reportedAt < REPORT_EVERY_MS) return;
      reportedAt = performance.now();
      this.reportRunning(task, running.percent);
    };
    try {
      const outcome = await this.slots.run(signal, () => work({ signal, progress }));
      await this.end({ ...task, command, state: 'done', outcome, code: null, message: null });
      this.parts.logger.info('task done', { command, ...task });
    } catch (error) {
      await this.failed(command, task, error).catch((cause: unknown) => this.parts.logger.error('task not recorded', { command, ...task, error: cause }));
    }
  }

  private async failed(command: string, task: TaskCommand, error: unknown): Promise<void> {
    const { logger } = this.parts;
    if (error instanceof Outdated) return logger.info('task outdated', { command, ...task });
    logger.error('task failed', { command, ...task, error });
    const { code, message } = error instanceof Fault ? error : { code: 'agent.failed', message: 'The storage host could not carry out the task.' };
    const isFinal = error instanceof Fault && (error.kind === 'invalid' || error.kind === 'not-found');
    if (isFinal) await this.end({ ...task, command, state: 'failed', outcome: NOTHING, code, message });
    else this.brokeOff(command, task, code, message);
  }

  private async end(record: Omit<TaskRecord, 'at'>): Promise<void> {
    this.reportEnd(await this.keep(record));
  }

  private async keep(record: Omit<TaskRecord, 'at'>): Promise<TaskRecord> {
    const kept = { ...record, at: this.parts.clock.now() };
    await this.directory.write(`${record.taskId}${SUFFIX}`, JSON.stringify(kept));
    this.records.set(record.taskId, kept);
    return kept;
  }

  private brokeOff(command: string, { backend, taskId, generation }: TaskCommand, code: string, message: string): void {
    this.parts.reporter.commandFailed({ backend, id: taskId, generation, command, code, message, isFinal: false });
  }

  private reportRunning({ taskId, generation }: TaskCommand, percent: number): void {
    this.parts.reporter.task({ taskId, generation, state: 'running', percent, ...NOTHING, code: null, message: null });
  }

  private reportEnd({ taskId, generation, state, outcome, code, message }: TaskRecord): void {
    this.parts.reporter.task({ taskId, generation, state, percent: state === 'done' ? 100 : 0, ...outcome, code, message });
  }
}
