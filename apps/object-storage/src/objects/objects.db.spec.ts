import { randomBytes, createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { accountName } from '../accounts/index.js';
import type { Container } from '../containers/index.js';
import { isSubdir, type ListQuery } from '../listing/index.js';
import { useObjectStorage } from '../testing/index.js';
import { ObjectNotFound, PreconditionFailed, type StoredObject } from './index.js';

const signal = new AbortController().signal;

describe('objects', () => {
  const storage = useObjectStorage();
  let serial = 0;

  async function container(settings: Container['settings'] = {}): Promise<Container> {
    const { container: made } = await storage.containers.create(accountName('p1'), `c${serial += 1}`, { metadata: {}, settings });
    return made;
  }

  async function put(into: Container, name: string, bytes: Buffer | string = 'x', more: object = {}): Promise<StoredObject> {
    const staged = await storage.objects.stage(into, Buffer.from(bytes), { maxBytes: 1e9, signal });
    const { object } = await storage.objects.commit(into, { name, staged, contentType: 'text/plain', metadata: {}, ...more });
    return object;
  }

  async function read(object: StoredObject, range?: { first: number; last: number }): Promise<Buffer> {
    const bytes = await storage.objects.open(object, range, signal);
    if (Buffer.isBuffer(bytes)) return bytes;
    const chunks: Buffer[] = [];
    for await (const chunk of bytes) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  const names = async (of: Container, query: Partial<ListQuery> = {}): Promise<string[]> =>
    (await storage.objects.page(of, { limit: 100, ...query })).map((entry) => (isSubdir(entry) ? `[${entry.subdir}]` : entry.name));

  const figures = async (of: Container): Promise<[number, number]> => {
    const found = await storage.containers.find(of.account, of.name);
    return [found?.objectCount ?? -1, found?.bytesUsed ?? -1];
  };

  it('gives back what was put, whole and in ranges, encrypted on disk', async () => {
    const into = await container();
    for (const size of [0, 1, 15, 16, 17, 70_000, 300_001]) {
      const bytes = randomBytes(size);
      const staged = await storage.objects.stage(into, Readable.from([bytes.subarray(0, 10), bytes.subarray(10)].filter(({ length }) => length > 0)), { maxBytes: 1e9, contentLength: size, signal });
      await storage.objects.commit(into, { name: `o${size}`, staged, contentType: 'text/plain', metadata: { 'x-object-meta-a': 'b' } });
      const { object, container: found } = await storage.objects.locate(into.account, into.name, `o${size}`);
      expect(found?.id).toBe(into.id);
      expect(object).toMatchObject({ sizeBytes: size, etag: createHash('md5').update(bytes).digest('hex'), metadata: { 'x-object-meta-a': 'b' }, isCurrent: true });
      expect((await read(object!)).equals(bytes)).toBe(true);
      if (size > 20) expect((await read(object!, { first: 13, last: size - 2 })).equals(bytes.subarray(13, size - 1))).toBe(true);
    }
  });

  it('makes no object without bytes of one in parts that went while it was copied', async () => {
    const into = await container();
    const part = await put(into, 'part', 'bytes');
    const { object } = await storage.objects.commit(into, {
      name: 'large', parts: [{ number: 1, blobId: part.blobId!, sizeBytes: 5, etag: part.etag }], etag: 'e-1', contentType: 'text/plain', metadata: {},
    });
    await storage.objects.remove(into, 'large');
    await expect(storage.objects.copy(object, into, { name: 'copy', contentType: 'text/plain', metadata: {} })).rejects.toBeInstanceOf(ObjectNotFound);
    await expect(storage.objects.open(object, undefined, signal)).rejects.toBeInstanceOf(ObjectNotFound);
    expect(await names(into)).toEqual(['part']);
  });

  it('replaces an object, counts it once and lets go of its bytes', async () => {
    const into = await container();
    const first = await put(into, 'a', 'first');
    const second = await put(into, 'a', 'second!');
    expect(await figures(into)).toEqual([1, 7]);
    expect((await read((await storage.objects.find(into, 'a'))!)).toString()).toBe('second!');
    const rows = await storage.database.sql`SELECT id FROM blob WHERE released_at IS NOT NULL AND id = ANY(${[first.blobId!, second.blobId!]}::uuid[])`;
    expect(rows).toEqual([{ id: first.blobId }]);
  });

  it('removes an object, and says so where there is none', async () => {
    const into = await container();
    await put(into, 'a', 'first');
    expect((await storage.objects.remove(into, 'a')).removed?.name).toBe('a');
    expect(await storage.objects.remove(into, 'a')).toEqual({});
    expect(await figures(into)).toEqual([0, 0]);
  });

  it('keeps versions where it is told to, and puts the one before back when the newest is removed', async () => {
    const into = await container({ versioning: 'enabled' });
    const first = await put(into, 'a', '1');
    const second = await put(into, 'a', '22');
    expect(await figures(into)).toEqual([1, 3]);
    const { deleteMarker, removed } = await storage.objects.remove(into, 'a');
    expect(removed?.version).toBe(second.version);
    expect(await figures(into)).toEqual([0, 3]);
    expect(await names(into)).toEqual([]);
    expect((await storage.objects.find(into, 'a'))?.isDeleteMarker).toBe(true);
    await storage.objects.remove(into, 'a', { version: deleteMarker!.version });
    expect((await storage.objects.find(into, 'a'))?.version).toBe(second.version);
    expect(await figures(into)).toEqual([1, 3]);
    await storage.objects.remove(into, 'a', { version: second.version });
    expect((await read((await storage.objects.find(into, 'a'))!)).toString()).toBe('1');
    expect((await storage.objects.find(into, 'a', first.version))?.isCurrent).toBe(true);
    expect(await figures(into)).toEqual([1, 1]);
  });

  it('keeps one null version while versioning is suspended', async () => {
    const into = await container();
    await put(into, 'a', 'null');
    await storage.containers.change(into.id, { settings: { versioning: 'enabled' } });
    await put(into, 'a', 'versioned');
    await storage.containers.change(into.id, { settings: { versioning: 'suspended' } });
    await put(into, 'a', 'null again');
    const versions = await storage.objects.versions(into, { limit: 10 });
    expect(versions).toMatchObject([{ isNullVersion: true, isCurrent: true, sizeBytes: 10 }, { isNullVersion: false, isCurrent: false, sizeBytes: 9 }]);
    await storage.objects.remove(into, 'a');
    expect(await storage.objects.versions(into, { limit: 10 })).toMatchObject([{ isDeleteMarker: true, isNullVersion: true, isCurrent: true }, { sizeBytes: 9 }]);
    expect(await figures(into)).toEqual([0, 9]);
  });

  it('makes conditional changes under the lock: of many at once that want no object to be there, one wins', async () => {
    const into = await container();
    const attempts = await Promise.allSettled(Array.from({ length: 12 }, (_, index) => put(into, 'a', `${index}`, { require: { ifNoneMatch: '*' } })));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(attempts.filter((attempt) => attempt.status === 'rejected' && attempt.reason instanceof PreconditionFailed)).toHaveLength(11);
  });

  it('copies in constant time, sharing the bytes, which stay while anything names them', async () => {
    const into = await container();
    const source = await put(into, 'source', 'shared');
    const { object: copy } = await storage.objects.copy(source, into, { name: 'copy', contentType: 'text/plain', metadata: {} });
    expect(copy.blobId).toBe(source.blobId);
    await storage.objects.remove(into, 'source');
    expect((await read((await storage.objects.find(into, 'copy'))!)).toString()).toBe('shared');
  });

  it('joins parts into one object and reads ranges across them', async () => {
    const into = await container();
    const parts = await Promise.all(['alpha-', 'beta-', 'gamma'].map((text, index) => put(into, `part${index}`, text)));
    const { object } = await storage.objects.commit(into, {
      name: 'whole', contentType: 'text/plain', metadata: {}, etag: 'abc-3',
      parts: parts.map((part, index) => ({ number: index + 1, blobId: part.blobId!, sizeBytes: part.sizeBytes, etag: part.etag })),
    });
    expect((await read(object)).toString()).toBe('alpha-beta-gamma');
    expect((await read(object, { first: 3, last: 12 })).toString()).toBe('ha-beta-ga');
    const { object: copy } = await storage.objects.copy(object, into, { name: 'copy', contentType: 'text/plain', metadata: {} });
    await storage.objects.remove(into, 'whole');
    expect((await read(copy)).toString()).toBe('alpha-beta-gamma');
  });

  it('amends what is said of an object', async () => {
    const into = await container();
    const object = await put(into, 'a', 'x', { metadata: { 'x-object-meta-a': '1' } });
    const amended = await storage.objects.change(into, object, { metadata: { 'x-object-meta-b': '2' }, expiresAt: 4_000_000_000 });
    expect(amended.modifiedAt).toBeGreaterThan(object.modifiedAt);
    expect(await storage.objects.find(into, 'a')).toMatchObject({ metadata: { 'x-object-meta-b': '2' }, expiresAt: 4_000_000_000, version: object.version });
  });

  it('does not find what has expired', async () => {
    const into = await container();
    await put(into, 'a', 'x', { expiresAt: Math.floor(storage.clock.now() / 1000) });
    expect((await storage.objects.locate(into.account, into.name, 'a')).object).toBeUndefined();
  });

  it('refuses bodies that are too long or not as long as announced', async () => {
    const into = await container();
    const stage = (size: number, options: object) => storage.objects.stage(into, Readable.from([Buffer.alloc(size)]), { maxBytes: 200_000, signal, ...options });
    await expect(stage(200_001, {})).rejects.toMatchObject({ code: 'object-storage.body.too-large' });
    await expect(stage(10, { contentLength: 11 })).rejects.toMatchObject({ code: 'object-storage.body.incomplete' });
    await expect(stage(150_000, { contentLength: 150_001 })).rejects.toMatchObject({ code: 'object-storage.body.incomplete' });
  });

  describe('lists', () => {
    const all = ['a', 'b/1', 'b/2', 'b/c/1', 'b0', 'c/', 'c/x', 'd', 'd/', 'd/é', 'd/\u{10ffff}', 'é', '\u{ff5e}', '\u{1f600}'];
    let into: Container;
    beforeAll(async () => {
      into = await container();
      await Promise.all(all.map((name) => put(into, name)));
    });
    const inBytes = [...all].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));

    it('names in the order of their bytes, forward and backward, in pages', async () => {
      expect(await names(into)).toEqual(inBytes);
      expect(await names(into, { isReversed: true })).toEqual([...inBytes].reverse());
      expect(await names(into, { limit: 3, marker: 'b/2' })).toEqual(['b/c/1', 'b0', 'c/']);
      expect(await names(into, { limit: 3, marker: 'b0', endMarker: 'd' })).toEqual(['c/', 'c/x']);
      expect(await names(into, { isReversed: true, marker: 'b0', endMarker: 'b/1' })).toEqual(['b/c/1', 'b/2']);
    });

    it('what a delimiter gathers, once', async () => {
      expect(await names(into, { delimiter: '/' })).toEqual(['a', '[b/]', 'b0', '[c/]', 'd', '[d/]', 'é', '\u{ff5e}', '\u{1f600}']);
      expect(await names(into, { delimiter: '/', isReversed: true })).toEqual(['\u{1f600}', '\u{ff5e}', 'é', '[d/]', 'd', '[c/]', 'b0', '[b/]', 'a']);
      expect(await names(into, { delimiter: '/', prefix: 'b/' })).toEqual(['b/1', 'b/2', '[b/c/]']);
      expect(await names(into, { delimiter: '/', prefix: 'c/' })).toEqual(['c/', 'c/x']);
      expect(await names(into, { delimiter: '/', marker: 'b/', limit: 2 })).toEqual(['b0', '[c/]']);
      expect(await names(into, { delimiter: '/', marker: 'b/1', limit: 2 })).toEqual(['[b/]', 'b0']);
    });

    it('what is directly in a path', async () => {
      expect(await names(into, { path: 'd' })).toEqual(['d/é', 'd/\u{10ffff}']);
      expect(await names(into, { path: '' })).toEqual(['a', 'b0', 'c/', 'd', 'd/', 'é', '\u{ff5e}', '\u{1f600}']);
      expect(await names(into, { path: '', isReversed: true })).toEqual(['\u{1f600}', '\u{ff5e}', 'é', 'd/', 'd', 'c/', 'b0', 'a']);
    });
  });
});
