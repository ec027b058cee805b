import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from '../cloud.js';
import type { ProcessManager } from '../process-manager.js';
import type { ProcessSpec } from '../process-spec.js';
import { attempt, run } from '../run.js';
import { writePrivately } from '../secrets.js';
import type { ProcessRecord } from '../supervisor/managed-process.js';
import { identify } from '../supervisor/proc.js';
import { TARGET, targetText, unitName, unitText } from './unit.js';

const UNITS = '/etc/systemd/system';

/**
 * systemd as the keeper of the cloud's processes.
 *
 * Theory of operation. Each process is a unit file; a unit whose text changed is restarted, the others are only started,
 * which does nothing to one that runs. The specifications are also kept in a file, so that `npm stop` knows what there is
 * and in which order. The units are enabled: the cloud comes back with the machine.
 */
export class SystemdManager implements ProcessManager {
  private readonly stateFile: string;

  constructor(cloud: Cloud) {
    this.stateFile = join(cloud.directories.run, 'units.json');
  }

  async ensure(specs: ProcessSpec[]): Promise<string[]> {
    const names = new Set(specs.map(({ name }) => name));
    const all = [...this.specs().filter(({ name }) => !names.has(name)), ...specs];
    const changed = specs.filter((spec) => writeUnit(UNITS, unitName(spec.name), unitText(spec, all)));
    writeUnit(UNITS, TARGET, targetText());
    writePrivately(this.stateFile, JSON.stringify(all));
    await systemctl('daemon-reload');
    await systemctl('enable', '--quiet', TARGET, ...specs.map(({ name }) => unitName(name)));
    if (changed.length > 0) await systemctl('restart', '--no-block', ...changed.map(({ name }) => unitName(name)));
    await systemctl('start', '--no-block', TARGET, ...specs.map(({ name }) => unitName(name)));
    return changed.map(({ name }) => name);
  }

  async stopFrom(rank: number): Promise<string[]> {
    const doomed = this.specs().filter((spec) => spec.rank >= rank);
    for (const each of [...new Set(doomed.map((spec) => spec.rank))].sort((a, b) => b - a)) {
      await systemctl('stop', ...doomed.filter((spec) => spec.rank === each).map(({ name }) => unitName(name)));
    }
    return doomed.map(({ name }) => name);
  }

  async records(): Promise<ProcessRecord[]> {
    return Promise.all(this.specs().map(async (spec) => recordOf(spec)));
  }

  async end(): Promise<void> {
    await attempt(['systemctl', 'stop', TARGET]);
    for (const { name } of this.specs()) {
      await attempt(['systemctl', 'disable', '--quiet', unitName(name)]);
      rmSync(join(UNITS, unitName(name)), { force: true });
    }
    await attempt(['systemctl', 'disable', '--quiet', TARGET]);
    rmSync(join(UNITS, TARGET), { force: true });
    rmSync(this.stateFile, { force: true });
    await systemctl('daemon-reload');
  }

  logCommand(names: string[]): string[] {
    const units = names.length === 0 ? ['virga-*'] : names.map(unitName);
    return ['journalctl', '--follow', '--lines=50', ...units.map((unit) => `--unit=${unit}`)];
  }

  async ownProcess(): Promise<undefined> {
    return undefined;
  }

  private specs(): ProcessSpec[] {
    return existsSync(this.stateFile) ? (JSON.parse(readFileSync(this.stateFile, 'utf8')) as ProcessSpec[]) : [];
  }
}

/** Writes a unit file where its text differs; answers whether it did. */
export function writeUnit(directory: string, name: string, text: string): boolean {
  const file = join(directory, name);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return false;
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, text);
  return true;
}

const systemctl = (...args: string[]) => run(['systemctl', ...args], { timeoutMs: 120_000 });

async function recordOf(spec: ProcessSpec): Promise<ProcessRecord> {
  const { output } = await attempt(['systemctl', 'show', unitName(spec.name), '--property=MainPID,NRestarts,ActiveState,Result']);
  const shown = Object.fromEntries(output.split('\n').map((line) => line.split('=', 2)));
  const pid = Number(shown['MainPID'] ?? 0);
  return {
    spec,
    state: shown['ActiveState'] === 'active' ? 'running' : 'stopped',
    process: pid === 0 ? undefined : identify(pid),
    restarts: Number(shown['NRestarts'] ?? 0),
    lastEnd: shown['Result'],
  };
}
