import { randomBytes } from 'node:crypto';
import { hours, minutes, seconds } from '@virga/kernel';
import { ManualClock } from '@virga/testing';
import { bytesOf, streamOf } from './object-store.conformance.js';
import { SimDisk, SimObjectStore } from './sim/index.js';

const signal = (): AbortSignal => new AbortController().signal;
const options = { maxBytes: 100_000_000 };

describe('segments', () => {
  let clock: ManualClock;
  let disk: SimDisk;
  const start = (limits = {}): Promise<SimObjectStore> => SimObjectStore.start(clock, disk, limits);
  const write = (store: SimObjectStore, size = 1000) => store.write(randomBytes(size), options, signal());
  const uses = async (store: SimObjectStore) => (await store.segments(signal())).sort((a, b) => a.segment.localeCompare(b.segment));
  beforeEach(() => {
    clock = new ManualClock();
    disk = new SimDisk(clock);
  });

  it('share one durable write among all that wait', async () => {
    const store = await start();
    await write(store);
    const accesses = disk.accesses;
    await Promise.all(Array.from({ length: 200 }, () => write(store)));
    expect(disk.accesses - accesses).toBe(1);
  });

  it('are sealed when they are full, and tell how large they are', async () => {
    const store = await start({ segmentBytes: 2000 });
    const kept = [await write(store), await write(store), await write(store)];
    expect(kept[0]?.segment).toBe(kept[1]?.segment);
    expect(kept[2]?.segment).not.toBe(kept[0]?.segment);
    const found = await uses(store);
    expect(found).toHaveLength(2);
    expect(found.find(({ segment }) => segment === kept[0]?.segment)).toEqual({ segment: kept[0]?.segment, sizeBytes: 2 * 1032, overheadBytes: 32, isSealed: true, modifiedAt: clock.now() });
    expect(found.find(({ segment }) => segment === kept[2]?.segment)).toMatchObject({ isSealed: false });
  });

  it('are sealed when the store is closed, and for every process', async () => {
    const [one, other] = [await start(), await start()];
    const kept = await write(one);
    expect(await uses(other)).toMatchObject([{ segment: kept.segment, isSealed: false }]);
    await expect(other.removeSegment(kept.segment ?? '', signal())).rejects.toThrow('still written to');
    await one.close();
    expect(await uses(other)).toMatchObject([{ segment: kept.segment, isSealed: true }]);
    await expect(write(one)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('belong to one process each', async () => {
    const stores = [await start(), await start()];
    const kept = await Promise.all(stores.map((store) => write(store)));
    expect(kept[0]?.segment).not.toBe(kept[1]?.segment);
    await expect(stores[0]?.read(kept[1]?.location ?? '', undefined, signal())).resolves.toHaveLength(1000);
  });

  it('of a process that died are sealed by time', async () => {
    const dead = await start();
    const kept = await write(dead);
    const heir = await start();
    clock.advance(hours(1));
    expect(await uses(heir)).toMatchObject([{ isSealed: false }]);
    clock.advance(minutes(11));
    expect(await uses(heir)).toMatchObject([{ segment: kept.segment, isSealed: true }]);
  });

  it('are not appended to after their life, even by a process that slept in the middle of a write', async () => {
    const store = await start();
    const before = await write(store);
    clock.advance(minutes(59));
    const writing = write(store);
    disk.beforeNextAccess(() => clock.advance(hours(2)));
    const after = await writing;
    expect(after.segment).not.toBe(before.segment);
    expect(await store.verify(after.location, after.crc32, signal())).toBe('intact');
    // The bytes that came too late were cut off.
    expect((await uses(store)).find(({ segment }) => segment === before.segment)).toMatchObject({ sizeBytes: 1032, isSealed: true });
  });

  it('are removed with all that is in them; who reads reads on', async () => {
    const store = await start({ segmentBytes: 1 });
    const kept = await write(store);
    await write(store);
    const reading = store.read(kept.location, undefined, signal());
    await store.removeSegment(kept.segment ?? '', signal());
    await store.removeSegment(kept.segment ?? '', signal());
    await expect(reading).resolves.toHaveLength(1000);
    await expect(store.read(kept.location, undefined, signal())).rejects.toThrow('there are no such bytes');
    expect(await store.verify(kept.location, kept.crc32, signal())).toBe('missing');
    expect(await uses(store)).toHaveLength(1);
  });

  it.each(['../file', 'x', '1-0123456789abcdeg', ''])('called %p are refused', async (segment) => {
    await expect((await start()).removeSegment(segment, signal())).rejects.toThrow('no such segment');
  });

  it('are open for reading only so many at once, and not for long', async () => {
    const store = await start({ segmentBytes: 1, openSegments: 3 });
    const kept = [];
    for (let count = 0; count < 10; count += 1) kept.push(await write(store));
    const before = disk.openFiles;
    for (const { location } of [...kept, ...kept]) await store.read(location, undefined, signal());
    expect(disk.openFiles - before).toBeLessThanOrEqual(3);
    clock.advance(seconds(61));
    await store.segments(signal());
    expect(disk.openFiles).toBe(before);
  });

  it('hold no descriptor that nobody uses, whatever fails', async () => {
    const store = await start();
    const large = await store.write(streamOf(randomBytes(3_000_000)), options, signal());
    const small = await write(store);
    const before = disk.openFiles;
    for (let skip = 0; skip < 12; skip += 1) {
      disk.fail('EIO', 1, skip);
      await store.write(streamOf(randomBytes(3_000_000)), options, signal()).catch(() => undefined);
      await store.read(large.location, undefined, signal()).then(bytesOf).catch(() => undefined);
      await write(store).catch(() => undefined);
      await store.segments(signal()).catch(() => undefined);
      disk.calm();
    }
    const left = await store.read(large.location, undefined, signal());
    if (!Buffer.isBuffer(left)) await new Promise((resolve) => left.once('close', resolve).destroy());
    await store.read(small.location, undefined, signal());
    await store.close();
    expect(before).toBeLessThanOrEqual(1);
    expect(disk.openFiles).toBe(0);
  });
});

describe('a bad medium', () => {
  const clock = new ManualClock();

  it('is noticed by looking for it', async () => {
    const store = await SimObjectStore.start(clock);
    const small = await store.write(randomBytes(1000), options, signal());
    const large = await store.write(randomBytes(2_000_000), options, signal());
    store.simDisk.rot(`log/${small.segment}`, 500);
    store.simDisk.rot(large.location, 1_500_000);
    expect(await store.verify(small.location, small.crc32, signal())).toBe('damaged');
    expect(await store.verify(large.location, large.crc32, signal())).toBe('damaged');
  });

  it('that gives no bytes back has damaged them; a store that is away has not', async () => {
    const store = await SimObjectStore.start(clock);
    const large = await store.write(randomBytes(2_000_000), options, signal());
    store.simDisk.fail('EIO', 1, 1);
    expect(await store.verify(large.location, large.crc32, signal())).toBe('damaged');
    store.simDisk.calm();
    store.simDisk.fail('EMFILE', 2);
    await expect(store.verify(large.location, large.crc32, signal())).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('a disk with no room', () => {
  const clock = new ManualClock();

  it('fails what does not fit and leaves nothing of it; what is there stays, and room helps', async () => {
    const store = await SimObjectStore.start(clock);
    const kept = await store.write(randomBytes(4000), options, signal());
    store.simDisk.capacityBytes = 10_000;
    await expect(store.write(randomBytes(8000), options, signal())).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(store.write(streamOf(randomBytes(3_000_000)), options, signal())).rejects.toMatchObject({ kind: 'unavailable' });
    for await (const found of store.list(signal())) throw new Error(`left behind: ${found.location}`);
    expect(await store.segments(signal())).toMatchObject([{ segment: kept.segment, sizeBytes: 4032 }]);
    expect(await store.verify(kept.location, kept.crc32, signal())).toBe('intact');
    store.simDisk.capacityBytes = 1_000_000;
    const later = await store.write(randomBytes(8000), options, signal());
    expect(await store.verify(later.location, later.crc32, signal())).toBe('intact');
  });

  it.each([['a Buffer', 1000], ['a stream', 2_000_000]])('fails %s with a fault that says to come back, wherever it is noticed', async (_name, size) => {
    for (let skip = 0; skip < 10; skip += 1) {
      const store = await SimObjectStore.start(clock);
      store.simDisk.fail('ENOSPC', 1, skip);
      const result = await store.write(streamOf(randomBytes(size)), options, signal()).then(() => 'kept', (error: { kind?: string }) => error.kind);
      store.simDisk.calm();
      expect(['kept', 'unavailable']).toContain(result);
      const left = [];
      for await (const found of store.list(signal())) left.push(found);
      expect(left).toHaveLength(result === 'kept' && size > 1_048_576 ? 1 : 0);
    }
  });
});

describe('too many open files', () => {
  it('make the store give up its own first, then wait for better times', async () => {
    const clock = new ManualClock();
    const store = await SimObjectStore.start(clock, new SimDisk(clock), { segmentBytes: 1 });
    const kept = [];
    for (let count = 0; count < 5; count += 1) kept.push(await store.write(randomBytes(100), options, signal()));
    for (const { location } of kept.slice(0, 4)) await store.read(location, undefined, signal());
    store.simDisk.maxOpenFiles = store.simDisk.openFiles;
    await expect(store.read(kept[4]?.location ?? '', undefined, signal())).resolves.toHaveLength(100);
    store.simDisk.maxOpenFiles = 0;
    await store.close();
    await expect(store.read(kept[0]?.location ?? '', undefined, signal())).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(store.write(streamOf(randomBytes(2_000_000)), options, signal())).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
