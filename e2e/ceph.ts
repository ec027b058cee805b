import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parse, stringify } from 'yaml';
import { startCloud, stateDirectory } from './cloud.js';
import { attempt, run } from './shell.js';

const DRIVER = join(import.meta.dirname, '../libs/drivers/volume-rbd/src/testing');
const SETTINGS = join(stateDirectory, 'virga.yaml');

interface Access {
  confFile: string;
  user: string;
  pool: string;
}

/** A Ceph cluster of one machine, whose pool the cloud under test has as the backend `ssd`. */
export class CephBackend {
  private constructor(private readonly program: ChildProcess, private readonly access: Access, private readonly settingsBefore: string) {}

  /** As the operators' guide says: a pool, a section in `virga.yaml`, `npm start`. */
  static async added(): Promise<CephBackend> {
    const loader = join(DRIVER, '../../../volume-file/src/testing/typescript-loader.mjs');
    const options = ['--conditions=virga-source', '--experimental-transform-types', '--disable-warning=ExperimentalWarning', '--import', loader];
    const program = spawn('node', [...options, join(DRIVER, 'run-ceph-cluster.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = await Promise.race([once(createInterface({ input: program.stdout }), 'line'), once(program, 'exit').then(() => { throw new Error('The cluster ended before it was up.'); })]) as [string];
    const access = JSON.parse(line) as Access;
    const settingsBefore = readFileSync(SETTINGS, 'utf8');
    const settings = parse(settingsBefore) as { storage?: object };
    writeFileSync(SETTINGS, stringify({ ...settings, storage: { ...settings.storage, ceph: [{ name: 'ssd', ...access }] } }));
    await startCloud();
    return new CephBackend(program, access, settingsBefore);
  }

  /** What of volumes, snapshots and attachments is in the cluster. */
  async traces(): Promise<string[]> {
    const { confFile, pool } = this.access;
    const [images, records, users] = await Promise.all([
      run('rbd', ['--conf', confFile, '--pool', pool, 'ls']), run('rados', ['--conf', confFile, '--pool', pool, 'listomapkeys', 'virga.catalog']), run('ceph', ['--conf', confFile, 'auth', 'ls']),
    ]);
    const all = [...images.split('\n'), ...records.split('\n').filter((key) => !/^(owner$|tombstone\.)/.test(key)), ...users.split('\n').filter((line) => line.startsWith('client.virga-'))];
    return all.filter(Boolean);
  }

  /** Whether the text stands anywhere on the cluster's disk. */
  async holds(text: string): Promise<boolean> {
    return (await attempt('grep', ['-qaF', text, join(dirname(this.access.confFile), 'osd/block')])).code === 0;
  }

  /** The cloud is without it again. */
  async remove(): Promise<void> {
    writeFileSync(SETTINGS, this.settingsBefore);
    await startCloud();
    const ended = once(this.program, 'exit');
    this.program.stdin?.end();
    await ended;
  }
}
