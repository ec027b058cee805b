import { spawn } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SimDisk, SimObjectStore } from '@virga/driver-objects-local/sim';
import { hours, mapLimit } from '@virga/kernel';
import { ManualClock, standIn } from '@virga/testing';
import { BlobCollector, Compactor } from '../blobs/index.js';
import type { Container } from '../containers/index.js';
import { useObjectStorage, type ObjectStorageScene } from '../testing/index.js';
import type { Objects } from './index.js';

const signal = new AbortController().signal;

/** What may be there under a name: the last that was acknowledged, or what was tried after it. */
class Expectations {
  private readonly states = new Map<string, Set<string>>();
  acknowledged = 0;

  tried(name: string, md5: string): void {
    this.states.set(name, (this.states.get(name) ?? new Set(['-'])).add(md5));
  }

  done(name: string, md5: string): void {
    this.states.set(name, new Set([md5]));
    this.acknowledged += 1;
  }

  entries(): [string, Set<string>][] {
    return [...this.states];
  }
}

async function md5Of(objects: Objects, container: Container, name: string): Promise<string> {
  const object = await objects.find(container, name);
  if (object === undefined) return '-';
  const bytes = await objects.open(object, undefined, signal);
  const whole = Buffer.isBuffer(bytes) ? bytes : Buffer.concat(await bytes.toArray() as Buffer[]);
  expect(whole).toHaveLength(object.sizeBytes);
  return createHash('md5').update(whole).digest('hex');
}

async function requireAsExpected(objects: Objects, container: Container, expectations: Expectations): Promise<void> {
  const wrong = await mapLimit(expectations.entries(), 8, async ([name, allowed]) => {
    const found = await md5Of(objects, container, name);
    return allowed.has(found) ? undefined : { name, found, allowed: [...allowed] };
  });
  expect(wrong.filter((entry) => entry !== undefined)).toEqual([]);
}

/** Counters equal a recount. */
async function requireCounted(storage: ObjectStorageScene, container: Container): Promise<void> {
  const [counted] = await storage.database.sql<{ objects: number; bytes: number }>`
    SELECT count(*) FILTER (WHERE is_current AND NOT is_delete_marker) AS objects, coalesce(sum(size_bytes), 0) AS bytes FROM object WHERE container_id = ${container.id}`;
  expect(await storage.containers.find(container.account, container.name)).toMatchObject({ objectCount: counted?.objects, bytesUsed: counted?.bytes });
}

describe('object storage that is killed', () => {
  const storage = useObjectStorage();
  const program = join(import.meta.dirname, '../testing/storm-writer.ts');
  const loader = join(import.meta.dirname, '../testing/typescript.mjs');

  async function stormUntilKilled(round: number, expectations: Expectations, acknowledgements: number): Promise<void> {
    const child = spawn(process.execPath, ['--import', loader, '-C', 'virga-source', program, storage.database.url, storage.storeDirectory, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const lines = createInterface(child.stdout);
    const heardAll = once(lines, 'close');
    let left = acknowledgements;
    lines.on('line', (line) => {
      const [verb, name = '', md5 = ''] = line.split(' ');
      if (verb === 'try') expectations.tried(name, md5);
      else {
        expectations.done(name, md5);
        left -= 1;
        if (left === 0) child.kill('SIGKILL');
      }
    });
    const [, how] = await exited as [number | null, string | null];
    expect(how).toBe('SIGKILL');
    await heardAll;
  }

  it('keeps every acknowledged object, shows nothing half-written, and leaves no bytes to nobody', async () => {
    const { container } = await storage.containers.create('AUTH_storm', 'c', { metadata: {} });
    const expectations = new Expectations();
    for (let round = 0; round < 3; round += 1) await stormUntilKilled(round, expectations, 30 + randomInt(150));
    expect(expectations.acknowledged).toBeGreaterThan(100);
    await requireAsExpected(storage.objects, container, expectations);
    await requireCounted(storage, container);

    storage.clock.advance((Date.now() - storage.clock.now() + hours(4)) as never);
    await storage.app.get(BlobCollector).collectReleased(signal);
    await storage.app.get(BlobCollector).collectOrphans(signal);
    await storage.app.get(Compactor).compact(signal);
    storage.clock.advance(hours(2));
    await storage.app.get(Compactor).compact(signal);
    const kept = await storage.database.sql<{ location: string; segment: string | null }>`SELECT location, segment FROM blob`;
    const onDisk = (folder: string): string[] => readdirSync(join(storage.storeDirectory, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(onDisk('incoming')).toEqual([]);
    expect(onDisk('file')).toHaveLength(kept.filter(({ segment }) => segment === null).length);
    expect(onDisk('log').length).toBeLessThanOrEqual(new Set(kept.map(({ segment }) => segment)).size + 1);
    await requireAsExpected(storage.objects, container, expectations);
  }, 180_000);
});

describe('object storage whose store loses power', () => {
  const clock = new ManualClock();
  const disk = new SimDisk(clock);
  let store: SimObjectStore;
  beforeAll(() => restart());

  /** Until it comes up: the power may go again meanwhile. */
  async function restart(): Promise<void> {
    store = await SimObjectStore.start(clock, disk).catch(() => restart().then(() => store));
  }

  const storage = useObjectStorage({ clock, stores: [standIn<SimObjectStore>(() => store)] });

  it('keeps every acknowledged object whole, whenever the power goes', async () => {
    const { container } = await storage.containers.create('AUTH_storm', 'c', { metadata: {} });
    const expectations = new Expectations();
    const cutAt = new Set(Array.from({ length: 8 }, () => randomInt(20, 380)));
    let written = 0;
    let isUp = Promise.resolve();
    await mapLimit(Array.from({ length: 400 }), 12, async (_, index) => {
      if (cutAt.has(written += 1)) {
        disk.cutPower();
        isUp = restart();
      }
      await isUp;
      const bytes = randomBytes([10, 4_096, 70_000, 1_500_000][randomInt(4)] as number);
      const md5 = createHash('md5').update(bytes).digest('hex');
      const name = `${index}`;
      expectations.tried(name, md5);
      try {
        const staged = await storage.objects.stage(container, bytes, { maxBytes: 1e9, signal });
        await storage.objects.commit(container, { name, staged, contentType: 'text/plain', metadata: {} });
        expectations.done(name, md5);
      } catch {
        // The power went while it was written; it may be there whole, or not at all.
      }
    });
    expect(expectations.acknowledged).toBeGreaterThan(280);
    await requireAsExpected(storage.objects, container, expectations);
    await requireCounted(storage, container);
  }, 60_000);
});
