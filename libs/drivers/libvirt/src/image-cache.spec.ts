import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { DriverUnavailable, Refused, type SeedDisk } from '@virga/ports';
import { ImageCache, type FetchImage } from './image-cache.js';

const seedOf = (content: Buffer, changes: Partial<SeedDisk> = {}): SeedDisk => ({
  imageId: 'image', sha512: createHash('sha512').update(content).digest('hex'), format: 'raw', sizeBytes: content.length, ...changes,
});

describe('the image cache', () => {
  let root: string;
  let now = 1_000_000_000;
  const clock = { now: () => (now += 1_000) };
  const never = new AbortController().signal;
  const small = Buffer.from('small image');

  const open = (fetch: FetchImage, unusedLimitBytes = 1_000_000): Promise<ImageCache> =>
    ImageCache.open({ directory: join(root, 'images'), fetch, unusedLimitBytes, clock });
  const files = async (): Promise<string[]> => readdir(join(root, 'images'));

  beforeEach(async () => { root = await mkdtemp(join(tmpdir(), 'images-')); });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('fetches a content once, however many want it at once and later', async () => {
    let fetched = 0;
    const cache = await open(async () => { fetched += 1; return Readable.from([small.subarray(0, 3), small.subarray(3)]); });

    const paths = await Promise.all([1, 2, 3].map(() => cache.ensure(seedOf(small), never)));
    await cache.ensure(seedOf(small, { imageId: 'another of the same content' }), never);

    expect(fetched).toBe(1);
    expect(await readFile(paths[0]!)).toEqual(small);
  });

  it.each([
    ['other bytes', Buffer.from('SMALL IMAGE')], ['too few bytes', small.subarray(1)], ['too many bytes', Buffer.concat([small, small])],
  ])('refuses %s than the record says and keeps nothing of them', async (_, sent) => {
    const cache = await open(async () => Readable.from([sent]));

    await expect(cache.ensure(seedOf(small), never)).rejects.toBeInstanceOf(Refused);

    expect(await files()).toEqual([]);
  });

  it('refuses a hash that is none, since it becomes the name of a file', async () => {
    const cache = await open(async () => Readable.from([small]));

    await expect(cache.ensure(seedOf(small, { sha512: '../../etc/passwd' }), never)).rejects.toBeInstanceOf(Refused);
  });

  it('starts over after a fetch that failed in the middle', async () => {
    let isBroken = true;
    const cache = await open(async () => Readable.from((async function* () {
      yield small.subarray(0, 4);
      if (isBroken) throw new Error('connection reset');
      yield small.subarray(4);
    })()));

    await expect(cache.ensure(seedOf(small), never)).rejects.toBeInstanceOf(DriverUnavailable);
    expect(await files()).toEqual([]);
    isBroken = false;

    expect(await readFile(await cache.ensure(seedOf(small), never))).toEqual(small);
  });

  it('goes on for those who still wait when one gives up, and stops with the last', async () => {
    let opened: (source: PassThrough) => void = () => undefined;
    const nextFetch = (): Promise<PassThrough> => new Promise((resolve) => { opened = resolve; });
    const cache = await open(async () => { const source = new PassThrough(); opened(source); return source; });
    const [first, impatient] = [nextFetch(), new AbortController()];
    const [kept, given] = [cache.ensure(seedOf(small), never), cache.ensure(seedOf(small), impatient.signal)];
    const source = await first;

    impatient.abort(new Error('too late'));
    await expect(given).rejects.toThrow('too late');
    source.end(small);
    await kept;
    expect(await files()).toHaveLength(1);

    const [second, last] = [nextFetch(), new AbortController()];
    const alone = cache.ensure(seedOf(Buffer.from('other')), last.signal);
    const abandoned = await second;
    last.abort(new Error('nobody waits'));
    await expect(alone).rejects.toThrow('nobody waits');
    if (!abandoned.closed) await new Promise((resolve) => { abandoned.once('close', resolve); });
  });

  it('removes at start what an interrupted fetch left, and finds what was complete', async () => {
    const cache = await open(async () => Readable.from([small]));
    const path = await cache.ensure(seedOf(small), never);
    await writeFile(join(root, 'images', 'left.part'), 'half');

    const reopened = await open(async () => { throw new Error('not fetched again'); });

    expect(await files()).toEqual([seedOf(small).sha512]);
    expect(await reopened.ensure(seedOf(small), never)).toBe(path);
  });

  it('evicts what no guest uses, least recently wanted first, and never what one uses', async () => {
    const contents = ['one', 'two', 'six'].map((text) => Buffer.from(text));
    const byId = new Map(contents.map((content) => [content.toString(), content]));
    const cache = await open(async (id) => Readable.from([byId.get(id)!]), 3);
    const [one, two, six] = contents.map((content) => seedOf(content, { imageId: content.toString() }));
    await cache.linkTo(join(root, 'guest.base'), one!, never);
    await cache.ensure(six!, never);
    await cache.ensure(two!, never);
    await cache.ensure(six!, never);

    expect(await cache.evictUnused()).toBe(3);
    expect((await files()).sort()).toEqual([one!.sha512, six!.sha512].sort());

    await rm(join(root, 'guest.base'));
    await cache.evictUnused();
    expect(await files()).toEqual([six!.sha512]);
  });

  it('links a guest to the image even when it was evicted a moment ago, and replaces a link to another', async () => {
    const other = Buffer.from('other image');
    const cache = await open(async (id) => Readable.from([id === 'image' ? small : other]), 0);
    const base = join(root, 'guest.base');
    await cache.linkTo(base, seedOf(other, { imageId: 'other' }), never);

    await Promise.all([cache.linkTo(base, seedOf(small), never), cache.evictUnused(), cache.evictUnused()]);

    expect(await readFile(base)).toEqual(small);
    await cache.evictUnused();
    expect((await stat(base)).nlink).toBeGreaterThan(0);
  });
});
