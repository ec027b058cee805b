import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StepFailed } from '../../steps.mjs';
import type { Cloud } from '../cloud.js';
import type { ProcessManager } from '../process-manager.js';
import type { ProcessSpec } from '../process-spec.js';
import { ask, ensureSupervisor, hasSupervisor } from './client.js';
import type { ProcessRecord } from './managed-process.js';

/** Our own supervisor, seen from the commands: it is started when something is to run, and ended when nothing is. */
export class SupervisorManager implements ProcessManager {
  private readonly stateFile: string;

  constructor(private readonly cloud: Cloud) {
    this.stateFile = join(cloud.directories.run, 'processes.json');
  }

  async ensure(specs: ProcessSpec[]): Promise<string[]> {
    await ensureSupervisor(this.cloud);
    return (await ask(this.cloud, { do: 'ensure', specs })).changed ?? [];
  }

  async stopFrom(fromRank: number): Promise<string[]> {
    if (!existsSync(this.stateFile)) return [];
    // Without a supervisor its processes may still run; a new one finds them, and can then be asked to end them.
    await ensureSupervisor(this.cloud);
    return (await ask(this.cloud, { do: 'stop', fromRank })).changed ?? [];
  }

  async records(): Promise<ProcessRecord[]> {
    return (await hasSupervisor(this.cloud)) ? (await ask(this.cloud, { do: 'list' })).records ?? [] : [];
  }

  async end(): Promise<void> {
    if (await hasSupervisor(this.cloud)) await ask(this.cloud, { do: 'exit' });
    rmSync(this.stateFile, { force: true });
  }

  logCommand(names: string[]): string[] {
    const { log } = this.cloud.directories;
    const known = existsSync(log) ? readdirSync(log).filter((file) => file.endsWith('.log')).map((file) => file.slice(0, -'.log'.length)) : [];
    const unknown = names.filter((name) => !known.includes(name));
    if (unknown.length > 0 || known.length === 0) throw new StepFailed(`There is no log of ${unknown.join(', ') || 'anything'}.`, `Logs exist of: ${known.join(', ') || 'nothing yet'}.`);
    const files = (names.length === 0 ? known : names).map((name) => join(log, `${name}.log`));
    return ['tail', '-n', names.length === 0 ? '5' : '50', '-F', ...files];
  }

  async ownProcess(): Promise<number | undefined> {
    return (await hasSupervisor(this.cloud)) ? (await ask(this.cloud, { do: 'list' })).supervisor?.pid : undefined;
  }
}
