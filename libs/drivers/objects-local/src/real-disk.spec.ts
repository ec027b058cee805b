import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@virga/kernel';
import type { KeptBytes } from '@virga/ports';
import { bytesOf, streamOf } from './object-store.conformance.js';
import { LocalObjectStore } from './index.js';

const run = promisify(execFile);
const signal = (): AbortSignal => new AbortController().signal;
const options = { maxBytes: 100_000_000 };
const isRoot = process.getuid?.() === 0;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'virga-objects-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function verdicts(store: LocalObjectStore, kept: KeptBytes[]): Promise<string[]> {
  return Promise.all(kept.map(({ location, crc32 }) => store.verify(location, crc32, signal())));
}

describe('a copy of a directory whose segment was cut', () => {
  it('has all that lies before the cut, and nothing else; new bytes go elsewhere', async () => {
    const store = await LocalObjectStore.open(join(directory, 'a'), systemClock);
    const kept: KeptBytes[] = [];
    for (let count = 0; count < 20; count += 1) kept.push(await store.write(randomBytes(1 + count * 100), options, signal()));
    const segment = join('log', kept[0]?.segment ?? '');
    const { size } = await stat(join(directory, 'a', segment));
    for (let round = 0; round < 8; round += 1) {
      const copy = join(directory, `copy${round}`);
      await cp(join(directory, 'a'), copy, { recursive: true });
      const cut = Math.floor(Math.random() * size);
      await truncate(join(copy, segment), cut);
      const other = await LocalObjectStore.open(copy, systemClock);
      const later = await Promise.all([1, 2, 3].map(() => other.write(randomBytes(3000), options, signal())));
      const expected = kept.map(({ location, sizeBytes }) => (Number(/\/(\d+)-\d+$/.exec(location)?.[1]) + 32 + sizeBytes <= cut ? 'intact' : 'missing'));
      expect(await verdicts(other, kept)).toEqual(expected);
      expect(await verdicts(other, later)).toEqual(['intact', 'intact', 'intact']);
      expect((await stat(join(copy, segment))).size).toBe(cut);
      await other.close();
    }
    await store.close();
  });
});

describe('two stores in one directory', () => {
  it('write at the same time and read what the other wrote', async () => {
    const stores = await Promise.all([1, 2].map(() => LocalObjectStore.open(directory, systemClock, { segmentBytes: 50_000 })));
    const kept = (await Promise.all(stores.map((store) => Promise.all(Array.from({ length: 200 }, () => store.write(randomBytes(1000), options, signal())))))).flat();
    for (const store of stores) expect(new Set(await verdicts(store, kept))).toEqual(new Set(['intact']));
    await Promise.all(stores.map((store) => store.close()));
    expect((await readdir(join(directory, 'log'))).length).toBe(new Set(kept.map(({ segment }) => segment)).size);
  });
});

describe('a large object that is removed', () => {
  it('is read to its end by who reads it', async () => {
    const store = await LocalObjectStore.open(directory, systemClock);
    const bytes = randomBytes(5_000_000);
    const kept = await store.write(streamOf(bytes), options, signal());
    const stream = await store.read(kept.location, undefined, signal());
    await store.remove(kept.location, signal());
    expect((await bytesOf(stream)).equals(bytes)).toBe(true);
    await expect(store.read(kept.location, undefined, signal())).rejects.toThrow('there are no such bytes');
    await store.close();
  });
});

describe('when the process has no descriptor left', () => {
  it('fails for the moment, and goes on afterwards', async () => {
    const store = await LocalObjectStore.open(directory, systemClock);
    const kept = await store.write(streamOf(randomBytes(2_000_000)), options, signal());
    const taken: number[] = [];
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'));
    } catch (error) {
      expect(error).toMatchObject({ code: 'EMFILE' });
    }
    const failures = await Promise.allSettled([
      store.write(streamOf(randomBytes(2_000_000)), options, signal()),
      store.write(randomBytes(100), options, signal()),
      store.read(kept.location, undefined, signal()),
      store.verify(kept.location, kept.crc32, signal()),
    ]);
    taken.forEach((descriptor) => closeSync(descriptor));
    for (const failure of failures) expect(failure).toMatchObject({ status: 'rejected', reason: { kind: 'unavailable' } });
    const later = await store.write(randomBytes(100), options, signal());
    expect(await verdicts(store, [kept, later])).toEqual(['intact', 'intact']);
    await store.close();
  });
});

// Needs to mount file systems.
(isRoot ? describe : describe.skip)('on a file system of its own', () => {
  let disk: string;
  beforeEach(async () => {
    disk = join(directory, 'disk');
    await mkdir(disk);
  });
  afterEach(async () => {
    await run('umount', ['--lazy', disk]);
  });

  it('that is full, fails what does not fit, keeps the rest and gives the room back', async () => {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    const store = await LocalObjectStore.open(disk, systemClock);
    const kept: KeptBytes[] = [];
    const filled = (async () => {
      for (;;) kept.push(await store.write(randomBytes(100_000), options, signal()));
    })();
    await expect(filled).rejects.toMatchObject({ kind: 'unavailable', message: expect.not.stringContaining(directory) });
    expect(kept.length).toBeGreaterThan(30);
    await expect(store.write(streamOf(randomBytes(2_000_000)), options, signal())).rejects.toMatchObject({ kind: 'unavailable' });
    for await (const { location } of store.list(signal())) throw new Error(`left behind: ${location}`);
    expect(new Set(await verdicts(store, kept))).toEqual(new Set(['intact']));
    for (const { segment } of await store.segments(signal())) await store.removeSegment(segment, signal());
    const later = await store.write(randomBytes(1_000_000), options, signal());
    expect(await verdicts(store, [later])).toEqual(['intact']);
    await store.close();
  });

  it('whose journal stops as if the power went, has everything acknowledged after it is mounted again', async () => {
    let image = join(directory, 'image');
    await run('truncate', ['-s', '64M', image]);
    await run('mkfs.ext4', ['-q', image]);
    await run('mount', ['-o', 'loop', image, disk]);
    const kept: KeptBytes[] = [];
    for (let round = 0; round < 3; round += 1) {
      const store = await LocalObjectStore.open(disk, systemClock, { segmentBytes: 200_000 });
      const writers = [100, 4096, 20_000, 1_100_000].map((size) => writeUntilTheEnd(store, size));
      await run('python3', ['-c', SHUT_DOWN, disk]);
      // What was under way at that moment may be acknowledged falsely: the kernel forgets a transaction that it aborted.
      for (const acknowledged of await Promise.all(writers)) kept.push(...acknowledged.slice(0, -1));
      await store.close();
      // A copy, because the kernel may still hold the old file system when it has gone from here.
      await run('cp', ['--sparse=always', image, `${image}${round}`]);
      await run('umount', ['--lazy', disk]);
      image = `${image}${round}`;
      await run('mount', ['-o', 'loop', image, disk]);
      const after = await LocalObjectStore.open(disk, systemClock);
      expect((await verdicts(after, kept)).filter((verdict) => verdict !== 'intact')).toEqual([]);
      await after.close();
    }
    expect(kept.length).toBeGreaterThan(50);
  });
});

async function writeUntilTheEnd(store: LocalObjectStore, size: number): Promise<KeptBytes[]> {
  const kept: KeptBytes[] = [];
  try {
    for (;;) kept.push(await store.write(size > 1_000_000 ? streamOf(randomBytes(size)) : randomBytes(size), options, signal()));
  } catch (error) {
    expect(error).toMatchObject({ kind: 'unavailable' });
  }
  return kept;
}

// EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: nothing reaches the disk from here on, not even the journal.
const SHUT_DOWN = 'import fcntl, os, struct, sys\nfcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack("I", 2))';
