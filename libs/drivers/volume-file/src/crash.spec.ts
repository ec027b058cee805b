import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { systemClock, type SnapshotId, type VolumeId } from '@virga/kernel';
import type { ReadableVolume } from '@virga/ports';
import { bytesOf, within } from '@virga/ports/testing';
import { VolumeFileBackend } from './volume-file-backend.js';

const run = promisify(execFile);
const SOURCES = import.meta.dirname;
const KEY = { id: 'a-key', passphrase: 'kept by the test' };

interface Fact {
  volume?: string;
  snapshot?: string;
  holds: number | 'nothing';
  encrypted?: boolean;
}

/** What the killed process had said of each thing: its last `must`, and what it was about to make of it. */
class Story {
  readonly things = new Map<string, { fact: Fact; allowed: (number | 'nothing')[] }>();

  hear(line: string): void {
    const { must, may } = JSON.parse(line) as { must?: Fact; may?: Fact };
    const fact = must ?? may;
    if (fact === undefined) return;
    const id = fact.volume ?? fact.snapshot ?? '';
    const known = this.things.get(id);
    if (must) this.things.set(id, { fact: { ...known?.fact, ...must }, allowed: [must.holds] });
    else known?.allowed.push(fact.holds);
  }
}

describe('a store whose process or daemon is killed', () => {
  let directory: string;
  beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'vcrash-')); });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const places = (): { directory: string; runDirectory: string } => ({ directory: join(directory, 'store'), runDirectory: join(directory, 'run') });
  const layers = (): Promise<string[]> => readdir(join(directory, 'store', 'layers'));

  /** Runs the busy process for so long after its first round began, and kills it as nothing can be prepared for. */
  async function killedAfter(delayMs: number, seed: number, alsoDaemon: boolean): Promise<Story> {
    const story = new Story();
    const { directory: store, runDirectory } = places();
    const child = spawn(process.execPath, [
      '--conditions=virga-source', '--experimental-transform-types', '--disable-warning=ExperimentalWarning',
      '--import', join(SOURCES, 'testing', 'typescript-loader.mjs'), join(SOURCES, 'testing', 'busy-store.ts'), store, runDirectory, String(seed),
    ], { stdio: ['ignore', 'pipe', 'inherit'] });
    const begun = Promise.withResolvers<void>();
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => { begun.resolve(); story.hear(line); });
    const ended = once(child, 'exit');
    const silent = once(lines, 'close');
    await Promise.race([begun.promise, ended.then(() => { throw new Error('the busy process ended before it began'); })]);
    await pause(delayMs);
    if (alsoDaemon) await killVault(runDirectory);
    child.kill('SIGKILL');
    await Promise.all([ended, silent]);
    return story;
  }

  /** On a slow machine there may be none yet, which is a moment to die at like any other. */
  async function killVault(runDirectory: string): Promise<void> {
    const pid = Number(await readFile(join(runDirectory, 'vault.pid'), 'utf8').catch(() => ''));
    if (pid > 0) process.kill(pid, 'SIGKILL');
  }

  async function held(backend: VolumeFileBackend, { volume, snapshot, encrypted }: Fact): Promise<number | 'nothing'> {
    const { volumes, snapshots } = await backend.observe(within());
    const source: ReadableVolume = volume === undefined ? { snapshotId: snapshot as SnapshotId } : { volumeId: volume as VolumeId };
    if (![...volumes, ...snapshots].some(({ id }) => id === (volume ?? snapshot))) return 'nothing';
    const bytes = await bytesOf(await backend.read({ ...source, ...(encrypted && { key: KEY }) }, { first: 0, last: 65_535 }, within()));
    return bytes.every((byte) => byte === bytes[0]) ? bytes[0] ?? NaN : NaN;
  }

  async function requireWhole(story: Story): Promise<void> {
    const backend = await VolumeFileBackend.open({ ...places(), ownHost: 'here', clock: systemClock }, within());
    for (const { exports } of (await backend.observe(within())).volumes) {
      for (const { attachmentId } of exports) await backend.ensureNoExport(attachmentId, 9, within());
    }
    for (const { fact, allowed } of story.things.values()) expect({ fact, holds: allowed.includes(await held(backend, fact)) }).toEqual({ fact, holds: true });
    await backend.tend(within());
    for (const { fact, allowed } of story.things.values()) expect({ fact, holds: allowed.includes(await held(backend, fact)) }).toEqual({ fact, holds: true });
    await requireSound();
    const { volumes, snapshots } = await backend.observe(within());
    for (const { id } of volumes) await backend.ensureNoVolume(id, 99, within());
    for (const { id } of snapshots) await backend.ensureNoSnapshot(id, 99, within());
    expect(await layers()).toEqual([]);
    expect(await readdir(join(directory, 'store', 'layer-records'))).toEqual([]);
    await backend.shutDown();
  }

  /** Leaks are clusters that nobody uses; errors would be somebody's bytes. */
  async function requireSound(): Promise<void> {
    for (const name of await layers()) {
      const image = JSON.stringify({ driver: 'qcow2', file: { driver: 'file', filename: join(directory, 'store', 'layers', name) }, backing: null, encrypt: { format: 'luks', 'key-secret': 'k' } });
      const plain = JSON.stringify({ driver: 'qcow2', file: { driver: 'file', filename: join(directory, 'store', 'layers', name) }, backing: null });
      const check = (...args: string[]): Promise<string> => run('qemu-img', ['check', '--output=json', ...args]).then(({ stdout }) => stdout, (error: { stdout?: string }) => error.stdout ?? '');
      const found = await check(`json:${plain}`) || await check('--object', `secret,id=k,data=${KEY.passphrase}`, `json:${image}`);
      const { corruptions = 0, 'check-errors': errors } = JSON.parse(found) as { corruptions?: number; 'check-errors': number };
      expect({ name, corruptions, errors }).toEqual({ name, corruptions: 0, errors: 0 });
    }
  }

  // Spread over the life of a volume, so that each run falls into another step.
  it.each([[60, false], [230, true], [310, false], [450, true], [620, false], [800, true], [1_150, false], [1_700, true], [4_900, true]])(
    'keeps all that was promised and nothing half made when it dies after %p ms (its daemon too: %p)', async (delayMs, alsoDaemon) => {
      const story = await killedAfter(delayMs, delayMs, alsoDaemon);
      // A test of nothing would pass as well.
      if (delayMs > 1_500) expect(story.things.size).toBeGreaterThan(2);
      await requireWhole(story);
    }, 120_000);
});
