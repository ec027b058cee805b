import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Runs `work` while no other process of this machine runs one with the same directory and name. The lock is a file with
 * its owner's process id, so that a killed owner's lock is taken over.
 */
export async function exclusively<T>(directory: string, name: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${name}.lock`);
  while (!isTaken(file)) await pause(50);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function isTaken(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const owner = Number(readOrEmpty(file));
    if (owner !== 0 && !isAlive(owner)) rmSync(file, { force: true });
    return false;
  }
}

/** Whether the process runs; one that has ended but was never waited for (in a container without an init) does not. */
export function isAlive(processId: number): boolean {
  const status = readOrEmpty(`/proc/${processId}/stat`);
  return status !== '' && !/\) [ZX] /.test(status);
}

/** The file's text, or nothing where there is no such file. */
export function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
