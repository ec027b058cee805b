import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { KeptBytes } from '@virga/ports';
import { ManualClock } from '@virga/testing';
import { bytesOf, streamOf } from './object-store.conformance.js';
import { SimDisk, SimObjectStore } from './sim/index.js';
import { HEADER_BYTES, readHeader, writeHeader } from './record.js';

const signal = (): AbortSignal => new AbortController().signal;
const limits = { segmentBytes: 100_000, recordBytes: 20_000 };

/** Numbers that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Acknowledged {
  kept: KeptBytes;
  sha256: string;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Writers that go on until the store fails them; what was acknowledged. */
async function writeUntilTheEnd(store: SimObjectStore, random: () => number): Promise<Acknowledged[]> {
  const acknowledged: Acknowledged[] = [];
  const writer = async (): Promise<void> => {
    for (;;) {
      const bytes = randomBytes(Math.floor(random() ** 3 * 60_000));
      const wanted = sha256(bytes);
      const source = random() < 0.5 ? bytes : streamOf(bytes);
      acknowledged.push({ kept: await store.write(source, { maxBytes: 100_000 }, signal()), sha256: wanted });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: 6 }, writer));
  for (const end of ends) expect(end).toMatchObject({ status: 'rejected', reason: { kind: 'unavailable' } });
  return acknowledged;
}

async function expectAllThere(store: SimObjectStore, acknowledged: Acknowledged[]): Promise<void> {
  for (const { kept, sha256: expected } of acknowledged) {
    expect(sha256(await bytesOf(await store.read(kept.location, undefined, signal())))).toBe(expected);
    expect(await store.verify(kept.location, kept.crc32, signal())).toBe('intact');
  }
}

/** The places of the records of a segment, from its beginning to where no record is recognised any more. */
function recordsOf(segment: string, bytes: Buffer): string[] {
  const found: string[] = [];
  const id = segment.slice(segment.indexOf('-') + 1);
  for (let offset = 0; ;) {
    const header = readHeader(bytes.subarray(offset), { segment: id, offset });
    if (header === undefined) return found;
    const body = bytes.subarray(offset + HEADER_BYTES, offset + HEADER_BYTES + header.length);
    if (crc32(body) !== header.crc32 || body.length !== header.length) return found;
    found.push(`log/${segment}/${offset}-${header.length}`);
    offset += HEADER_BYTES + header.length;
  }
}

describe('when the power goes', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))('at some moment, everything acknowledged is there afterwards, again and again (%d)', async (seed) => {
    const random = seeded(seed);
    const clock = new ManualClock();
    const disk = new SimDisk(clock, random);
    const all: Acknowledged[] = [];
    for (let round = 0; round < 4; round += 1) {
      const store = await SimObjectStore.start(clock, disk, limits);
      let left = Math.floor(random() * 120);
      const arm = (): void => disk.beforeNextAccess(() => ((left -= 1) < 0 ? disk.cutPower() : arm()));
      arm();
      all.push(...await writeUntilTheEnd(store, random));
      await expectAllThere(await SimObjectStore.start(clock, disk, limits), all);
    }
    const store = await SimObjectStore.start(clock, disk, limits);
    for (const { segment } of await store.segments(signal())) {
      const records = recordsOf(segment, disk.contentOf(`log/${segment}`));
      const ours = all.filter(({ kept }) => kept.segment === segment).map(({ kept }) => kept.location);
      expect(records).toEqual(expect.arrayContaining(ours));
    }
  });

  it('what was never acknowledged can be found and removed', async () => {
    const clock = new ManualClock();
    const disk = new SimDisk(clock, seeded(7));
    for (let round = 0; round < 10; round += 1) {
      const store = await SimObjectStore.start(clock, disk, limits);
      let left = 5 + round;
      const arm = (): void => disk.beforeNextAccess(() => ((left -= 1) < 0 ? disk.cutPower() : arm()));
      arm();
      await writeUntilTheEnd(store, seeded(round));
    }
    const store = await SimObjectStore.start(clock, disk, limits);
    const found: string[] = [];
    for await (const { location } of store.list(signal())) found.push(location);
    expect(found.some((location) => location.startsWith('incoming/'))).toBe(true);
    for (const location of found) await store.remove(location, signal());
    for await (const { location } of store.list(signal())) throw new Error(`still there: ${location}`);
  });
});

describe('the header of a record', () => {
  const place = { segment: '0123456789abcdef', offset: 5_000_000_000 };

  it('is recognised only unchanged, in its segment and at its offset', () => {
    const bytes = Buffer.alloc(HEADER_BYTES);
    writeHeader(bytes, place, { length: 77, crc32: 0xfedcba98 });
    expect(readHeader(bytes, place)).toEqual({ length: 77, crc32: 0xfedcba98 });
    expect(readHeader(bytes, { ...place, offset: 5_000_000_001 })).toBeUndefined();
    expect(readHeader(bytes, { ...place, segment: '0123456789abcdee' })).toBeUndefined();
    expect(readHeader(bytes.subarray(1), place)).toBeUndefined();
    for (let bit = 0; bit < HEADER_BYTES * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(readHeader(changed, place)).toBeUndefined();
    }
  });
});
