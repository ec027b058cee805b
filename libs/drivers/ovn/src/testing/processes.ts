import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program and answers what it printed; an error carries what it complained about. */
export async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute(program, args, { timeout: 30_000, maxBuffer: 64 << 20 });
  return stdout.trim();
}

/** Like `run` with `OVS_RUNDIR` and its kin set, so that nothing of the machine's own OVS or OVN is touched. */
export async function runIn(dir: string, program: string, ...args: string[]): Promise<string> {
  const dirs = ['OVS_RUNDIR', 'OVS_DBDIR', 'OVS_LOGDIR', 'OVS_SYSCONFDIR', 'OVN_RUNDIR', 'OVN_LOGDIR', 'OVN_DBDIR'].map((name) => `${name}=${dir}`);
  return run('env', ...dirs, program, ...args);
}

/** Resolves once `condition` holds; throws after the limit. */
export async function eventually(what: string, condition: () => Promise<boolean>, limitMs = 20_000): Promise<void> {
  for (let waited = 0; waited < limitMs; waited += 50) {
    if (await condition().catch(() => false)) return;
    await sleep(50);
  }
  throw new Error(`Not within ${limitMs} ms: ${what}`);
}

/** Ends the daemon that wrote the pidfile, and waits for it; one that is not there is fine. */
export async function endDaemon(pidfile: string, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  const pid = Number(await readFile(pidfile, 'utf8').catch(() => '0'));
  if (pid === 0) return;
  const isGone = async (): Promise<boolean> => !isAlive(pid);
  if (isAlive(pid)) process.kill(pid, signal);
  await eventually(`process ${pid} to end`, isGone, 5_000).catch(() => process.kill(pid, 'SIGKILL'));
  await rm(pidfile, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
