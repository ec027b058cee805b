import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { ByteRange, KeptBytes, ObjectStore } from '@virga/ports';

const signal = (): AbortSignal => new AbortController().signal;
const options = { maxBytes: 20_000_000 };
const LARGE = 3_000_000;

export async function bytesOf(bytes: Buffer | Readable): Promise<Buffer> {
  if (Buffer.isBuffer(bytes)) return bytes;
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A stream of chunks of 64 KiB, as requests have them. */
export function streamOf(bytes: Buffer): Readable {
  return Readable.from((function* () {
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  })(), { objectMode: false });
}

async function locations(store: ObjectStore): Promise<string[]> {
  const found: string[] = [];
  for await (const { location } of store.list(signal())) found.push(location);
  return found;
}

/** What every object store promises; run against each driver and its twin. */
export function objectStoreConformance(name: string, open: () => Promise<ObjectStore>): void {
  describe(`object store: ${name}`, () => {
    let store: ObjectStore;
    beforeEach(async () => {
      store = await open();
    });
    const read = async ({ location }: KeptBytes, range?: ByteRange): Promise<Buffer> => bytesOf(await store.read(location, range, signal()));

    const shapes: [string, () => { bytes: Buffer; source: Buffer | Readable }][] = [
      ['a small buffer', () => { const bytes = randomBytes(4096); return { bytes, source: bytes }; }],
      ['an empty buffer', () => ({ bytes: Buffer.alloc(0), source: Buffer.alloc(0) })],
      ['a large buffer', () => { const bytes = randomBytes(LARGE); return { bytes, source: bytes }; }],
      ['a short stream', () => { const bytes = randomBytes(1000); return { bytes, source: streamOf(bytes) }; }],
      ['an empty stream', () => ({ bytes: Buffer.alloc(0), source: Readable.from([]) })],
      ['a long stream', () => { const bytes = randomBytes(LARGE); return { bytes, source: streamOf(bytes) }; }],
    ];
    it.each(shapes)('gives back %s, with its size and checksum', async (_name, make) => {
      const { bytes, source } = make();
      const kept = await store.write(source, options, signal());
      expect(kept).toMatchObject({ sizeBytes: bytes.length, crc32: crc32(bytes) });
      expect(kept.location.length).toBeLessThanOrEqual(200);
      expect((await read(kept)).equals(bytes)).toBe(true);
      expect(await store.verify(kept.location, kept.crc32, signal())).toBe('intact');
    });

    it.each([['small', 5000], ['large', LARGE]])('reads ranges of a %s object, both ends included', async (_name, size) => {
      const bytes = randomBytes(size);
      const kept = await store.write(streamOf(bytes), options, signal());
      for (const [first, last] of [[0, 0], [2, 5], [size - 1, size - 1], [size - 10, size + 10], [0, size - 1], [1, size - 2]] as const) {
        expect((await read(kept, { first, last })).equals(bytes.subarray(first, last + 1))).toBe(true);
      }
    });

    it('keeps many that come at the same time apart', async () => {
      const all = Array.from({ length: 300 }, (_, index) => randomBytes(1 + (index * 37) % 6000));
      const kept = await Promise.all(all.map((bytes) => store.write(bytes, options, signal())));
      expect(new Set(kept.map(({ location }) => location)).size).toBe(all.length);
      const got = await Promise.all(kept.map((one) => read(one)));
      expect(got.every((bytes, index) => bytes.equals(all[index]!))).toBe(true);
    });

    it('leaves nothing behind when the source fails or is too large', async () => {
      const failing = Readable.from((async function* () { yield randomBytes(2_000_000); throw new Error('source broke'); })());
      await expect(store.write(failing, options, signal())).rejects.toThrow('source broke');
      await expect(store.write(streamOf(randomBytes(LARGE)), { maxBytes: LARGE - 1 }, signal())).rejects.toThrow(`larger than ${LARGE - 1} bytes`);
      await expect(store.write(randomBytes(11), { maxBytes: 10 }, signal())).rejects.toThrow('larger than 10 bytes');
      expect(await locations(store)).toEqual([]);
    });

    it('takes exactly as much as is allowed', async () => {
      expect((await store.write(randomBytes(10), { maxBytes: 10 }, signal())).sizeBytes).toBe(10);
      expect((await store.write(streamOf(randomBytes(LARGE)), { maxBytes: LARGE }, signal())).sizeBytes).toBe(LARGE);
    });

    it('gives up at once when the caller goes away while the source says nothing', async () => {
      const gone = new AbortController();
      const silent = new Readable({ read: () => undefined });
      silent.push(randomBytes(2_000_000));
      const writing = store.write(silent, options, gone.signal);
      setImmediate(() => gone.abort(new Error('the client went away')));
      await expect(writing).rejects.toThrow();
      expect(silent.destroyed).toBe(true);
      expect(await locations(store)).toEqual([]);
    });

    it('does nothing for a caller who has gone', async () => {
      const kept = await store.write(randomBytes(10), options, signal());
      const gone = AbortSignal.abort(new Error('the client went away'));
      await expect(store.write(randomBytes(10), options, gone)).rejects.toThrow('the client went away');
      await expect(store.read(kept.location, undefined, gone)).rejects.toThrow('the client went away');
      await expect(store.remove(kept.location, gone)).rejects.toThrow('the client went away');
    });

    it('ends a stream when its reader goes away', async () => {
      const kept = await store.write(streamOf(randomBytes(LARGE)), options, signal());
      const gone = new AbortController();
      const stream = await store.read(kept.location, undefined, gone.signal);
      gone.abort();
      await expect(bytesOf(stream)).rejects.toThrow();
    });

    it('lists what stands alone until it is removed, and removing again succeeds', async () => {
      const kept = await store.write(streamOf(randomBytes(LARGE)), options, signal());
      expect(await locations(store)).toEqual([kept.location]);
      await store.remove(kept.location, signal());
      await store.remove(kept.location, signal());
      expect(await locations(store)).toEqual([]);
      await expect(store.read(kept.location, undefined, signal())).rejects.toThrow('there are no such bytes');
      expect(await store.verify(kept.location, kept.crc32, signal())).toBe('missing');
    });

    it('lets small ones go: alone or with their segment', async () => {
      const kept = await store.write(randomBytes(100), options, signal());
      await store.remove(kept.location, signal());
      await store.remove(kept.location, signal());
      const { segment } = kept;
      const names = (await store.segments(signal())).map((use) => use.segment);
      if (segment !== undefined) expect(names).toContain(segment);
      else await expect(store.read(kept.location, undefined, signal())).rejects.toThrow('there are no such bytes');
    });

    it('sees that bytes are not those that were written', async () => {
      const kept = await store.write(randomBytes(100), options, signal());
      expect(await store.verify(kept.location, (kept.crc32 + 1) % 2 ** 32, signal())).toBe('damaged');
    });

    it.each(['../../etc/passwd', '/etc/passwd', 'log/../../x', 'file/ab/../../../x', ''])('refuses the location %p', async (location) => {
      await expect(store.read(location, undefined, signal())).rejects.toThrow('malformed');
      await expect(store.remove(location, signal())).rejects.toThrow('malformed');
    });
  });
}
