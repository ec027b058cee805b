import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { StepFailed } from '../steps.mjs';
import { identify } from './supervisor/proc.js';

/** Runs `work` unless another process on this machine is doing the like; the lock of a dead process counts for nothing. */
export async function alone<T>(file: string, work: () => Promise<T>): Promise<T> {
  const me = JSON.stringify(identify(process.pid));
  take(file, me);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string, me: string): void {
  try {
    writeFileSync(file, me, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const { pid, startedAt } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; startedAt: string };
    if (identify(pid)?.startedAt === startedAt) throw new StepFailed(`Process ${pid} is starting or stopping this cloud right now.`, 'Wait until it has ended, then repeat.');
    rmSync(file, { force: true });
    take(file, me);
  }
}
