import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Refused } from '@virga/ports';
import type { HostCommands } from './host-commands.js';
import { proxyConfig } from './proxy-config.js';

export interface ProxyOptions {
  /** Configurations and pid files. */
  stateDirectory: string;
  metadataSocket: string;
  user: string;
  group: string;
}

const STOP_ATTEMPTS = 50;
const STOP_ATTEMPT_MS = 20;
/** It has no connections worth keeping; after this many attempts it is killed. */
const PATIENT_ATTEMPTS = 25;

/**
 * haproxy in a network's namespace.
 *
 * Theory of operation. haproxy detaches, so it outlives this process; it is found again by its pid file, and recognised
 * by its command line, since pids are used again. Ensuring it starts it where it is not running, and replaces it where its
 * configuration has changed: the new file is written before the old process is stopped, and the process is compared
 * with a mark that is written after its start, so a crash in between leads to one more restart and nothing worse.
 */
export class MetadataProxies {
  constructor(private readonly commands: HostCommands, private readonly options: ProxyOptions) {}

  async ensure(networkId: string, namespace: string, signal: AbortSignal): Promise<void> {
    const { config, pidFile, running } = this.filesOf(networkId);
    const { metadataSocket, user, group } = this.options;
    const wanted = proxyConfig({ networkId, metadataSocket, pidFile, user, group });
    const pid = await this.findProcess(networkId);
    if (pid !== undefined && await textOf(running) === wanted) return;
    await mkdir(this.options.stateDirectory, { recursive: true, mode: 0o755 });
    await writeFile(`${config}.new`, wanted);
    await rename(`${config}.new`, config);
    if (pid !== undefined) await stopped(pid, signal);
    await this.commands.runOutside('ip', ['netns', 'exec', namespace, 'haproxy', '-q', '-D', '-f', config], signal);
    await writeFile(running, wanted);
  }

  async ensureNone(networkId: string, signal: AbortSignal): Promise<void> {
    const pid = await this.findProcess(networkId);
    if (pid !== undefined) await stopped(pid, signal);
    for (const file of Object.values(this.filesOf(networkId))) await rm(file, { force: true });
  }

  /** The process that serves this network, if it lives. */
  async findProcess(networkId: string): Promise<number | undefined> {
    const { config, pidFile } = this.filesOf(networkId);
    const pid = Number(await textOf(pidFile));
    if (!Number.isInteger(pid) || pid < 2) return undefined;
    const commandLine = (await textOf(`/proc/${pid}/cmdline`))?.split('\0') ?? [];
    return commandLine.includes(config) ? pid : undefined;
  }

  private filesOf(networkId: string): { config: string; pidFile: string; running: string } {
    const stem = join(this.options.stateDirectory, `metadata-${networkId}`);
    return { config: `${stem}.cfg`, pidFile: `${stem}.pid`, running: `${stem}.running` };
  }
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

async function stopped(pid: number, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < STOP_ATTEMPTS; attempt += 1) {
    if (!sent(pid, attempt < PATIENT_ATTEMPTS ? 'SIGTERM' : 'SIGKILL') || await isZombie(pid)) return;
    await pause(STOP_ATTEMPT_MS, undefined, { signal });
  }
  throw new Refused('ovs', `the metadata proxy with process id ${pid} cannot be stopped`);
}

function sent(pid: number, kind: NodeJS.Signals): boolean {
  try {
    process.kill(pid, kind);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Dead and not yet reaped by whoever is responsible: it holds no socket any more. */
async function isZombie(pid: number): Promise<boolean> {
  const state = /^\d+ \(.*\) (\S)/s.exec(await textOf(`/proc/${pid}/stat`) ?? '')?.[1];
  return state === undefined || state === 'Z';
}
