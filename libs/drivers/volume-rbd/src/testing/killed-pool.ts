import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock, type SnapshotId, type VolumeId } from '@virga/kernel';
import type { ReadableVolume } from '@virga/ports';
import { VolumeRbdBackend } from '../volume-rbd-backend.js';
import type { CephCluster } from './ceph-cluster.js';

const SOURCES = join(import.meta.dirname, '..');
const LOADER = join(SOURCES, '../../volume-file/src/testing/typescript-loader.mjs');
const KEY = { id: 'a-key', passphrase: 'kept by the test' };
const GONE_WITHIN_MS = 90_000;

type Content = number | 'nothing' | 'anything';

interface Fact {
  volume?: string;
  snapshot?: string;
  holds: Content;
  encrypted?: boolean;
}

interface Place {
  directory: string;
  runDirectory: string;
  secret: Buffer;
}

/** What a round had to do with, and what was wrong afterwards: nothing, if all is well. */
export interface Verdict {
  things: number;
  /** How many tools went on without the process that had started them. */
  orphans: number;
  wrong: string[];
}

/** What the killed process had said of each thing: its last `must`, and what it was about to make of it. */
class Story {
  readonly things = new Map<string, { fact: Fact; allowed: Content[] }>();

  hear(line: string): void {
    const { must, may } = JSON.parse(line) as { must?: Fact; may?: Fact };
    const fact = must ?? may;
    if (fact === undefined) return;
    const id = fact.volume ?? fact.snapshot ?? '';
    const known = this.things.get(id);
    if (must) this.things.set(id, { fact: { ...known?.fact, ...must }, allowed: [must.holds] });
    else if (known) known.allowed.push(fact.holds);
    // Before its first `must` a thing may as well not be there.
    else this.things.set(id, { fact, allowed: ['nothing', fact.holds] });
  }
}

/**
 * Lets a process do with the pool whatever can be done, kills it as nothing can be prepared for, and looks with a new one: all that was
 * promised has to be there, nothing half made may be, and when everything is removed nothing at all.
 */
export class KilledPool {
  constructor(private readonly cluster: CephCluster, private readonly place: Place) {}

  async round(seed: number, delayMs: number): Promise<Verdict> {
    const { story, endGuests } = await this.killedAfter(delayMs, seed);
    try {
      const { directory, runDirectory, secret } = this.place;
      const orphans = await this.tools();
      const backend = await VolumeRbdBackend.open({ access: this.cluster.access, owner: 'here', directory, runDirectory, credentialsSecret: secret, clock: systemClock }, within());
      try {
        const alive = await this.tools();
        const wrong = [...orphans].filter(([pid]) => alive.has(pid)).map(([, command]) => `still at work: ${command}`);
        return { things: story.things.size, orphans: orphans.size, wrong: [...wrong, ...await broken(backend, story), ...await this.leftovers(backend)] };
      } finally {
        await backend.close();
      }
    } finally {
      endGuests();
    }
  }

  /** What it started ends with nobody: tools of its own by their next process, guests, as they would on other hosts, not at all. */
  private async killedAfter(delayMs: number, seed: number): Promise<{ story: Story; endGuests: () => void }> {
    const { directory, runDirectory, secret } = this.place;
    const story = new Story();
    const child = spawn(process.execPath, [
      '--conditions=virga-source', '--experimental-transform-types', '--disable-warning=ExperimentalWarning', '--import', LOADER,
      join(SOURCES, 'testing', 'busy-pool.ts'), JSON.stringify({ access: this.cluster.access, directory, runDirectory, secret: secret.toString('hex'), seed }),
    ], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    const begun = Promise.withResolvers<void>();
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => { begun.resolve(); story.hear(line); });
    const ended = once(child, 'exit');
    await Promise.race([begun.promise, ended.then(() => { throw new Error('the busy process ended before it began'); })]);
    await Promise.race([pause(delayMs), ended]);
    if (child.exitCode !== null) throw new Error(`the busy process ended by itself, with ${child.exitCode}`);
    child.kill('SIGKILL');
    await ended;
    // Guests hold its standard output open, so that its end says nothing; what it had said is here.
    await pause(50);
    lines.close();
    return { story, endGuests: () => { try { process.kill(-(child.pid ?? 0), 'SIGKILL'); } catch { /* there were none */ } } };
  }

  /** What works on the pool and is no guest, by process id. */
  private async tools(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
      const isQemus = ['qemu-nbd', 'qemu-img'].includes(command[0] ?? '') && command.some((argument) => argument.includes(this.place.runDirectory) || argument.includes(this.place.directory));
      const isCephs = await readlink(`/proc/${pid}/cwd`).catch(() => '') === this.place.directory;
      if (isQemus || isCephs) found.set(pid, command.join(' '));
    }
    return found;
  }

  /** What is left when every volume and snapshot is removed. */
  private async leftovers(backend: VolumeRbdBackend): Promise<string[]> {
    const { volumes, snapshots } = await backend.observe(within());
    for (const { id } of volumes) await backend.ensureNoVolume(id, 999, within());
    for (const { id } of snapshots) await backend.ensureNoSnapshot(id, 999, within());
    let left: string[] = [];
    // A client that was killed is remembered by the pool for a while, and its image stays for so long.
    for (const deadline = AbortSignal.timeout(GONE_WITHIN_MS); !deadline.aborted; await pause(500)) {
      await backend.tend(within());
      const [images, records, users] = await Promise.all([
        this.cluster.run('rbd', 'ls'), this.cluster.run('rados', 'listomapkeys', 'virga.catalog'), this.cluster.run('ceph', 'auth', 'ls'),
      ]);
      left = [
        ...lines(images), ...lines(records).filter((key) => key !== 'owner' && !key.startsWith('tombstone.')), ...lines(users).filter((line) => line.startsWith('client.virga-')),
      ].map((what) => `left over: ${what}`);
      if (left.length === 0) break;
    }
    return left;
  }
}

const within = (): AbortSignal => AbortSignal.timeout(120_000);
const lines = (text: string): string[] => text.split('\n').filter(Boolean);

async function broken(backend: VolumeRbdBackend, story: Story): Promise<string[]> {
  for (const { exports } of (await backend.observe(within())).volumes) {
    for (const { attachmentId } of exports) await backend.ensureNoExport(attachmentId, 999, within());
  }
  await backend.tend(within());
  const wrong: string[] = [];
  for (const { fact, allowed } of story.things.values()) {
    const holds = await held(backend, fact);
    const isRight = allowed.includes(holds) || (allowed.includes('anything') && holds !== 'nothing');
    if (!isRight) wrong.push(`${fact.volume === undefined ? `snapshot ${fact.snapshot}` : `volume ${fact.volume}`} holds ${holds} and not ${allowed.join(' or ')}`);
  }
  return wrong;
}

async function held(backend: VolumeRbdBackend, { volume, snapshot, encrypted }: Fact): Promise<number | 'nothing'> {
  const { volumes, snapshots } = await backend.observe(within());
  const source: ReadableVolume = volume === undefined ? { snapshotId: snapshot as SnapshotId } : { volumeId: volume as VolumeId };
  if (![...volumes, ...snapshots].some(({ id }) => id === (volume ?? snapshot))) return 'nothing';
  const chunks: Buffer[] = [];
  for await (const chunk of await backend.read({ ...source, ...(encrypted && { key: KEY }) }, { first: 0, last: 65_535 }, within())) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return bytes.every((byte) => byte === bytes[0]) ? bytes[0] ?? NaN : NaN;
}
