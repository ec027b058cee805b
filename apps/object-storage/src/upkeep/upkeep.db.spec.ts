import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { days, hours, minutes } from '@virga/kernel';
import { accountName } from '../accounts/index.js';
import { BlobCollector, BlobReport, Compactor, KeyRotation, Scrubber } from '../blobs/index.js';
import type { Container } from '../containers/index.js';
import { Expirer, type StoredObject } from '../objects/index.js';
import { useObjectStorage } from '../testing/index.js';
import { Uploads } from '../uploads/index.js';

const signal = new AbortController().signal;

describe('upkeep', () => {
  const storage = useObjectStorage({ localStore: { segmentBytes: 64 * 1024, recordBytes: 16 * 1024 } });
  let serial = 0;

  async function container(settings: Container['settings'] = {}): Promise<Container> {
    return (await storage.containers.create(accountName('p1'), `c${serial += 1}`, { metadata: {}, settings })).container;
  }

  async function put(into: Container, name: string, bytes: Buffer, more: object = {}): Promise<StoredObject> {
    const staged = await storage.objects.stage(into, bytes, { maxBytes: 1e9, signal });
    return (await storage.objects.commit(into, { name, staged, contentType: 'text/plain', metadata: {}, ...more })).object;
  }

  async function read(into: Container, name: string): Promise<Buffer> {
    const bytes = await storage.objects.open((await storage.objects.find(into, name))!, undefined, signal);
    return Buffer.isBuffer(bytes) ? bytes : Buffer.concat(await bytes.toArray() as Buffer[]);
  }

  const files = (): string[] => readdirSync(storage.storeDirectory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.parentPath.includes('/file')).map((entry) => join(entry.parentPath, entry.name));
  const segments = (): string[] => readdirSync(join(storage.storeDirectory, 'log'));
  const wait = (time: number): void => storage.clock.advance(time as never);

  it('removes the bytes of what was replaced or removed, once nobody can be reading them', async () => {
    const into = await container();
    await put(into, 'a', randomBytes(40_000));
    await put(into, 'a', randomBytes(40_000));
    await put(into, 'b', randomBytes(40_000));
    await storage.objects.remove(into, 'b');
    const collector = storage.app.get(BlobCollector);
    expect(await collector.collectReleased(signal)).toBe(0);
    wait(hours(1) + 1);
    expect(await collector.collectReleased(signal)).toBe(2);
    expect(files()).toHaveLength(1);
    expect(await read(into, 'a')).toHaveLength(40_000);
  });

  it('keeps bytes that a copy still names', async () => {
    const into = await container();
    const bytes = randomBytes(40_000);
    await storage.objects.copy(await put(into, 'source', bytes), into, { name: 'copy', contentType: 'text/plain', metadata: {} });
    await storage.objects.remove(into, 'source');
    wait(hours(1) + 1);
    expect(await storage.app.get(BlobCollector).collectReleased(signal)).toBe(0);
    expect((await read(into, 'copy')).equals(bytes)).toBe(true);
    await storage.objects.remove(into, 'copy');
    wait(hours(1) + 1);
    expect(await storage.app.get(BlobCollector).collectReleased(signal)).toBe(1);
  });

  it('removes what was staged and never committed', async () => {
    const into = await container();
    const before = files().length;
    await storage.objects.stage(into, randomBytes(40_000), { maxBytes: 1e9, signal });
    expect(files()).toHaveLength(before + 1);
    const collector = storage.app.get(BlobCollector);
    const fileTime = Date.now();
    wait(fileTime - storage.clock.now());
    expect(await collector.collectOrphans(signal)).toBe(0);
    wait(hours(2) + minutes(1));
    expect(await collector.collectOrphans(signal)).toBe(1);
    expect(files()).toHaveLength(before);
  });

  it('refuses to commit what was staged so long ago that it may be collected', async () => {
    const into = await container();
    const staged = await storage.objects.stage(into, randomBytes(40_000), { maxBytes: 1e9, signal });
    wait(hours(1) + 1000);
    await expect(storage.objects.commit(into, { name: 'late', staged, contentType: 'text/plain', metadata: {} })).rejects.toMatchObject({ code: 'object-storage.staged.expired' });
  });

  it('refuses parts of uploads that were staged so long ago', async () => {
    const into = await container();
    const uploads = storage.app.get(Uploads);
    const upload = await uploads.create(into, { name: 'late', contentType: 'text/plain', metadata: {}, settings: { object: {} } });
    const staged = await storage.objects.stage(into, randomBytes(40_000), { maxBytes: 1e9, signal });
    wait(hours(1) + 1000);
    await expect(uploads.putPart(upload, 1, staged, undefined)).rejects.toMatchObject({ code: 'object-storage.staged.expired' });
  });

  it('copies what lives out of segments that are mostly dead, and removes them when nobody can be reading them', async () => {
    const into = await container();
    const contents = new Map<string, Buffer>();
    for (let index = 0; index < 60; index += 1) {
      contents.set(`o${index}`, randomBytes(4_000));
      await put(into, `o${index}`, contents.get(`o${index}`)!);
    }
    const before = segments();
    expect(before.length).toBeGreaterThan(3);
    const staleLook = (await storage.objects.find(into, 'o59'))!;
    for (let index = 0; index < 60; index += 1) if (index % 5 !== 4) await storage.objects.remove(into, `o${index}`);
    wait(hours(1) + 1);
    await storage.app.get(BlobCollector).collectReleased(signal);
    const compactor = storage.app.get(Compactor);
    wait(hours(2) + minutes(20));
    const { moved } = await compactor.compact(signal);
    expect(moved).toBeGreaterThan(5);
    expect(before.filter((segment) => segments().includes(segment))).toEqual(before);
    wait(hours(1) + minutes(1));
    expect((await compactor.compact(signal)).removed).toBeGreaterThan(2);
    for (let index = 4; index < 60; index += 5) expect((await read(into, `o${index}`)).equals(contents.get(`o${index}`)!)).toBe(true);
    const late = await storage.objects.open(staleLook, undefined, signal);
    expect((late as Buffer).equals(contents.get('o59')!)).toBe(true);
  });

  it('copies nothing of segments whose objects are tiny, but all there', async () => {
    const into = await container();
    // Whatever others left is copied once; what is put later begins a new segment, and so ends the one before.
    const compact = async (name: string): Promise<number> => {
      wait(hours(4));
      await put(into, name, Buffer.from(name));
      return (await storage.app.get(Compactor).compact(signal)).moved;
    };
    await compact('1');
    for (let index = 0; index < 20; index += 1) await put(into, `tiny${index}`, Buffer.from([index]));
    await compact('2');
    expect(await compact('3')).toBe(0);
  });

  it('finds damaged bytes, tells whose they are, gives none of them out as whole, and sees when they are brought back', async () => {
    const into = await container();
    const object = await put(into, 'rotten', randomBytes(40_000));
    await put(into, 'sound', randomBytes(40_000));
    const path = files().find((file) => object.blob!.location.includes(file.split('/').at(-1)!.replace(/\..*$/, '')))!;
    const bytes = readFileSync(path);
    const spoilt = Buffer.from(bytes);
    spoilt[20_000]! ^= 1;
    writeFileSync(path, spoilt);
    await expect(read(into, 'rotten')).rejects.toMatchObject({ code: 'object-storage.bytes.unreadable' });
    wait(days(15));
    const scrubber = storage.app.get(Scrubber);
    expect((await scrubber.scrub(signal)).hurt).toBe(1);
    const report = storage.app.get(BlobReport);
    expect(await report.read()).toMatchObject({ damaged: 1, hurtObjects: [{ verdict: 'damaged', container: into.name, object: 'rotten' }] });
    writeFileSync(path, bytes);
    wait(hours(1) + 1);
    expect(await scrubber.scrub(signal)).toEqual({ read: 1, hurt: 0 });
    expect(await report.read()).toMatchObject({ damaged: 0, hurtObjects: [] });
    expect(await read(into, 'rotten')).toHaveLength(40_000);
  });

  it('removes objects whose time is over, leaving those whose time was moved, and a marker where versions are kept', async () => {
    const [plain, versioned] = [await container(), await container({ versioning: 'enabled' })];
    const expiresAt = Math.floor(storage.clock.now() / 1000) + 60;
    await put(plain, 'a', Buffer.from('a'), { expiresAt });
    const moved = await put(plain, 'b', Buffer.from('b'), { expiresAt });
    await storage.objects.change(plain, moved, { expiresAt: expiresAt + 1000 });
    await put(versioned, 'c', Buffer.from('old'));
    await put(versioned, 'c', Buffer.from('c'), { expiresAt });
    const expirer = storage.app.get(Expirer);
    expect(await expirer.expire(signal)).toBe(0);
    wait(minutes(1));
    expect(await expirer.expire(signal)).toBe(2);
    expect(await storage.objects.page(plain, { limit: 10 })).toMatchObject([{ name: 'b' }]);
    expect(await storage.objects.versions(versioned, { limit: 10 })).toMatchObject([
      { isDeleteMarker: true, isCurrent: true }, { sizeBytes: 1, isCurrent: false }, { sizeBytes: 3, isCurrent: false },
    ]);
    expect(await storage.containers.find(versioned.account, versioned.name)).toMatchObject({ objectCount: 0, bytesUsed: 4 });
  });

  it('begins a new root key in time, seals all keys anew, and forgets the old one', async () => {
    const into = await container();
    const bytes = randomBytes(4_000);
    const object = await put(into, 'a', bytes);
    wait(days(91));
    const rotation = storage.app.get(KeyRotation);
    expect(await rotation.rotate(signal)).toBeGreaterThan(0);
    wait(hours(3));
    expect(await rotation.rotate(signal)).toBe(0);
    expect(await storage.database.sql`SELECT id FROM root_key`).toEqual([{ id: object.blob!.keyId! + 1 }]);
    expect((await read(into, 'a')).equals(bytes)).toBe(true);
    expect((await read(into, (await put(into, 'b', bytes)).name)).equals(bytes)).toBe(true);
  });
});
