import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const DIE_WITHIN_MS = 10_000;

/**
 * Kills every process of this machine that is told to be ours by its arguments and its working directory, and waits until their files are
 * closed: a process that was started by one that is dead now may have written no pid file yet. Throws where one does not die within ten seconds.
 */
export async function endProcesses(isOurs: (args: string[], directory: string) => boolean): Promise<void> {
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !isOurs(await argumentsOf(pid), await readlink(`/proc/${pid}/cwd`).catch(() => ''))) continue;
    await end(pid);
  }
}

async function end(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  for (const deadline = AbortSignal.timeout(DIE_WITHIN_MS); await hasFilesOpen(pid); await pause(10)) {
    if (deadline.aborted) throw new Error(`Process ${pid}, which a dead process of ours had started, does not die.`);
  }
}

async function argumentsOf(pid: number): Promise<string[]> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
}

/** Until a killed process is a zombie or gone, it still holds the locks of its files. */
async function hasFilesOpen(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}
