import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ImageStore } from '@virga/ports';

const signal = (): AbortSignal => new AbortController().signal;
const options = { maxBytes: 10_000_000 };

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function locations(store: ImageStore): Promise<string[]> {
  const found: string[] = [];
  for await (const { location } of store.list(signal())) found.push(location);
  return found;
}

/** What every image store promises; run against each driver and its twin. */
export function imageStoreConformance(name: string, open: () => Promise<ImageStore>): void {
  describe(`image store: ${name}`, () => {
    let store: ImageStore;
    beforeEach(async () => {
      store = await open();
    });

    it('gives back what was written, with its size and hashes', async () => {
      const bytes = randomBytes(1_500_000);
      const blob = await store.write(Readable.from([bytes.subarray(0, 700_000), bytes.subarray(700_000)]), options, signal());
      expect(blob).toMatchObject({ sizeBytes: bytes.length, sha512: createHash('sha512').update(bytes).digest('hex'), md5: createHash('md5').update(bytes).digest('hex') });
      expect((await bytesOf(await store.read(blob.location, undefined, signal()))).equals(bytes)).toBe(true);
    });

    it('reads a range, both ends included', async () => {
      const blob = await store.write(Readable.from([Buffer.from('0123456789')]), options, signal());
      expect(String(await bytesOf(await store.read(blob.location, { first: 2, last: 5 }, signal())))).toBe('2345');
    });

    it('keeps an empty blob', async () => {
      const blob = await store.write(Readable.from([]), options, signal());
      expect(blob.sizeBytes).toBe(0);
      expect(await bytesOf(await store.read(blob.location, undefined, signal()))).toHaveLength(0);
    });

    it('leaves nothing behind when the source fails, is too large, or the caller goes away', async () => {
      const failing = Readable.from((async function* () { yield Buffer.from('a'); throw new Error('source broke'); })());
      await expect(store.write(failing, options, signal())).rejects.toThrow('source broke');
      await expect(store.write(Readable.from([Buffer.alloc(11)]), { maxBytes: 10 }, signal())).rejects.toThrow('larger than 10 bytes');
      const gone = new AbortController();
      const leaving = Readable.from((async function* () { yield Buffer.from('a'); gone.abort(); yield Buffer.from('b'); })());
      await expect(store.write(leaving, options, gone.signal)).rejects.toThrow();
      expect(await locations(store)).toEqual([]);
    });

    it('removes, and removing again succeeds', async () => {
      const blob = await store.write(Readable.from([Buffer.from('x')]), options, signal());
      expect(await locations(store)).toEqual([blob.location]);
      await store.remove(blob.location, signal());
      await store.remove(blob.location, signal());
      expect(await locations(store)).toEqual([]);
      await expect(store.read(blob.location, undefined, signal())).rejects.toThrow('there is no such blob');
    });
  });
}
