import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { newId, type AttachmentId, type SnapshotId, type VolumeId } from '@virga/kernel';
import { Outdated, Refused } from '../failures.js';
import type {
  ExportAddress, ExportRequest, Extent, SnapshotRequest, VolumeBackend, VolumeBlock, VolumeKey, VolumeSource, VolumeSpec,
} from '../volume-backend.js';

/** A disk as the guest that opened an export has it; every call rejects where the guest cannot reach it any more. */
export interface GuestDiskUnderTest {
  sizeBytes(): Promise<number>;
  read(offset: number, length: number): Promise<Buffer>;
  write(offset: number, bytes: Buffer): Promise<void>;
}

export interface VolumesUnderTest {
  backend: VolumeBackend;
  ownHost: string;
  connect(address: ExportAddress): GuestDiskUnderTest;
  /** Everything in the store that names the thing. */
  traces(id: string): Promise<string[]>;
  /** How many volumes are driven at once where many are; fewer for a store whose every step is a process of its own. */
  livesAtOnce?: number;
}

const MEBIBYTE = 1024 * 1024;
const LIMIT_MS = 30_000;
/** Before it stretches a key, QEMU measures for two seconds of processor time how fast it does: for each layer of an encrypted volume. */
export const ENCRYPTED_TEST_MS = 120_000;
export const within = (): AbortSignal => AbortSignal.timeout(LIMIT_MS);
export const aKey = (): VolumeKey => ({ id: newId<'key'>(), passphrase: randomBytes(32).toString('hex') });

export async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function* blocks(...all: VolumeBlock[]): AsyncGenerator<VolumeBlock> {
  yield* all;
}

const covers = (extents: Extent[], offset: number): Extent | undefined =>
  extents.find((extent) => extent.offset <= offset && offset < extent.offset + extent.length);

/** What every place for volumes promises; run against the real driver and its simulated twin, so that the twin cannot lie. */
export function volumeBackendConformance(name: string, store: () => VolumesUnderTest): void {
  describe(`${name} as a volume backend`, () => {
    const volumes: { id: VolumeId; attachments: AttachmentId[] }[] = [];
    const snapshots: SnapshotId[] = [];
    const backend = (): VolumeBackend => store().backend;
    const observed = async (id: VolumeId) => (await backend().observe(within())).volumes.find((volume) => volume.id === id);

    const given = async (over: Partial<VolumeSpec> = {}): Promise<VolumeId> => {
      const spec: VolumeSpec = { id: newId(), generation: 1, sizeBytes: 8 * MEBIBYTE, source: { kind: 'empty' }, ...over };
      volumes.push({ id: spec.id, attachments: [] });
      await backend().ensureVolume(spec, within());
      return spec.id;
    };
    const filled = async (bytes: Buffer, over: Partial<VolumeSpec> = {}): Promise<VolumeId> =>
      given({ source: { kind: 'image', format: 'raw', sizeBytes: bytes.length, open: async () => Readable.from([bytes]) }, ...over });
    const snapshot = async (volumeId: VolumeId, key?: VolumeKey): Promise<SnapshotId> => {
      const id = newId<'snapshot'>();
      snapshots.push(id);
      await backend().ensureSnapshots([{ id, generation: 1, volumeId, ...(key && { key }) }], within());
      return id;
    };
    const exported = async (volumeId: VolumeId, over: Partial<ExportRequest> = {}): Promise<{ request: ExportRequest; disk: GuestDiskUnderTest; address: ExportAddress }> => {
      const request: ExportRequest = {
        attachmentId: newId(), generation: 1, volumeId, host: store().ownHost, isReadOnly: false, isShared: false, ...over,
      };
      volumes.find(({ id }) => id === volumeId)?.attachments.push(request.attachmentId);
      const address = await backend().ensureExport(request, within());
      return { request, address, disk: store().connect(address) };
    };
    /** At one moment where the store can; where it cannot, it says so instead of taking them one after the other. */
    const together = async (requests: SnapshotRequest[]): Promise<void> => {
      if (backend().capabilities.snapshotsTogether) return backend().ensureSnapshots(requests, within());
      const isTaken = (await backend().observe(within())).snapshots.some(({ id }) => requests.some((request) => request.id === id));
      if (!isTaken) await expect(backend().ensureSnapshots(requests, within())).rejects.toBeInstanceOf(Refused);
      for (const request of requests) await backend().ensureSnapshots([request], within());
    };
    const unexport = (attachmentId: AttachmentId, generation = 2): Promise<void> => backend().ensureNoExport(attachmentId, generation, within());
    const content = async (volumeId: VolumeId, first: number, length: number, key?: VolumeKey): Promise<Buffer> =>
      bytesOf(await backend().read({ volumeId, ...(key && { key }) }, { first, last: first + length - 1 }, within()));

    afterEach(async () => {
      for (const { id, attachments } of volumes.splice(0)) {
        for (const attachmentId of attachments) await backend().ensureNoExport(attachmentId, Number.MAX_SAFE_INTEGER, within());
        await backend().ensureNoVolume(id, Number.MAX_SAFE_INTEGER, within());
      }
      for (const id of snapshots.splice(0)) await backend().ensureNoSnapshot(id, Number.MAX_SAFE_INTEGER, within());
    });

    it('makes a volume of zeros, once, however often it is told', async () => {
      const spec: VolumeSpec = { id: newId(), generation: 3, sizeBytes: MEBIBYTE, source: { kind: 'empty' } };
      volumes.push({ id: spec.id, attachments: [] });

      await Promise.all([backend().ensureVolume(spec, within()), backend().ensureVolume(spec, within())]);
      await backend().write({ id: spec.id, generation: 4 }, blocks({ offset: 0, bytes: Buffer.from('mine') }), within());
      await backend().ensureVolume({ ...spec, generation: 5 }, within());

      expect(await observed(spec.id)).toEqual({ id: spec.id, generation: 5, sizeBytes: MEBIBYTE, keyId: undefined, exports: [] });
      const whole = await bytesOf(await backend().read({ volumeId: spec.id }, undefined, within()));
      expect(whole.equals(Buffer.concat([Buffer.from('mine'), Buffer.alloc(MEBIBYTE - 4)]))).toBe(true);
    });

    it('refuses commands that are older than what it has seen, also of what is gone', async () => {
      const id = await given({ generation: 5 });
      await expect(backend().ensureVolume({ id, generation: 4, sizeBytes: MEBIBYTE, source: { kind: 'empty' } }, within())).rejects.toBeInstanceOf(Outdated);
      await expect(backend().ensureSize({ id, generation: 4, sizeBytes: 16 * MEBIBYTE }, within())).rejects.toBeInstanceOf(Outdated);
      await expect(backend().ensureNoVolume(id, 4, within())).rejects.toBeInstanceOf(Outdated);

      await backend().ensureNoVolume(id, 6, within());
      await backend().ensureNoVolume(id, 6, within());

      await expect(backend().ensureVolume({ id, generation: 6, sizeBytes: MEBIBYTE, source: { kind: 'empty' } }, within())).rejects.toBeInstanceOf(Outdated);
      expect(await observed(id)).toBeUndefined();
      expect(await store().traces(id)).toEqual([]);
      await backend().ensureVolume({ id, generation: 7, sizeBytes: MEBIBYTE, source: { kind: 'empty' } }, within());
      expect((await content(id, 0, 512)).equals(Buffer.alloc(512))).toBe(true);
    });

    it('remembers the removal of what it never had', async () => {
      const [id, snapshotId, attachmentId] = [newId<'volume'>(), newId<'snapshot'>(), newId<'attachment'>()];
      await backend().ensureNoVolume(id, 2, within());
      await backend().ensureNoSnapshot(snapshotId, 2, within());
      await backend().ensureNoExport(attachmentId, 2, within());

      const other = await given();
      await expect(backend().ensureVolume({ id, generation: 1, sizeBytes: MEBIBYTE, source: { kind: 'empty' } }, within())).rejects.toBeInstanceOf(Outdated);
      await expect(backend().ensureSnapshots([{ id: snapshotId, generation: 2, volumeId: other }], within())).rejects.toBeInstanceOf(Outdated);
      await expect(exported(other, { attachmentId, generation: 2 })).rejects.toBeInstanceOf(Outdated);
    });

    it('makes a volume from a raw image and keeps the rest zero', async () => {
      const image = randomBytes(3 * MEBIBYTE + 512);
      const id = await filled(image);

      const whole = await bytesOf(await backend().read({ volumeId: id }, undefined, within()));
      expect(whole.equals(Buffer.concat([image, Buffer.alloc(8 * MEBIBYTE - image.length)]))).toBe(true);
    });

    it('leaves nothing of a volume whose image breaks off, is too large, is not what it says, or whose caller goes away', async () => {
      const bad = async (source: VolumeSource, signal = within()): Promise<unknown> => {
        const id = newId<'volume'>();
        const outcome = await backend().ensureVolume({ id, generation: 1, sizeBytes: MEBIBYTE, source }, signal).then(() => 'made', (error: unknown) => error);
        expect(await observed(id)).toBeUndefined();
        expect(await store().traces(id)).toEqual([]);
        return outcome;
      };
      const image = (format: 'raw' | 'qcow2', sizeBytes: number, bytes: () => AsyncGenerator<Buffer>): VolumeSource =>
        ({ kind: 'image', format, sizeBytes, open: async () => Readable.from(bytes()) });
      const gone = new AbortController();

      expect(await bad(image('raw', 1000, async function* () { yield Buffer.alloc(500); }))).toBeInstanceOf(Error);
      expect(await bad(image('raw', 1000, async function* () { yield Buffer.alloc(500); throw new Error('broke'); }))).toBeInstanceOf(Error);
      expect(await bad(image('raw', 2 * MEBIBYTE, async function* () { yield Buffer.alloc(500); }))).toBeInstanceOf(Refused);
      expect(await bad(image('qcow2', 512, async function* () { yield Buffer.alloc(512); }))).toBeInstanceOf(Refused);
      expect(await bad(image('raw', 1000, async function* () { yield Buffer.alloc(500, 1); gone.abort(new Error('gone')); yield Buffer.alloc(500); }), gone.signal)).toEqual(new Error('gone'));
    });

    it('refuses sizes, ids and sources that cannot be', async () => {
      const spec = { id: newId<'volume'>(), generation: 1, sizeBytes: MEBIBYTE, source: { kind: 'empty' } } as const;
      for (const sizeBytes of [0, -512, 1000, NaN, 2 ** 60]) await expect(backend().ensureVolume({ ...spec, sizeBytes }, within())).rejects.toBeInstanceOf(Refused);
      await expect(backend().ensureVolume({ ...spec, id: '../../etc/passwd' as VolumeId }, within())).rejects.toBeInstanceOf(Refused);
      await expect(backend().ensureVolume({ ...spec, source: { kind: 'volume', volumeId: newId() } }, within())).rejects.toBeInstanceOf(Refused);
      await expect(backend().ensureVolume({ ...spec, source: { kind: 'snapshot', snapshotId: newId() } }, within())).rejects.toBeInstanceOf(Refused);
      await expect(backend().ensureSize({ id: newId(), generation: 1, sizeBytes: MEBIBYTE }, within())).rejects.toBeInstanceOf(Refused);
      const large = await given();
      await expect(given({ source: { kind: 'volume', volumeId: large }, sizeBytes: MEBIBYTE })).rejects.toBeInstanceOf(Refused);
    });

    it('keeps snapshots as they were, makes clones that go their own way, and both outlive their origin', async () => {
      const [before, after] = [randomBytes(4096), randomBytes(4096)];
      const origin = await filled(before);
      const snapshotId = await snapshot(origin);
      await backend().write({ id: origin, generation: 2 }, blocks({ offset: 0, bytes: after }), within());
      const fromSnapshot = await given({ source: { kind: 'snapshot', snapshotId }, sizeBytes: 16 * MEBIBYTE });
      const fromVolume = await given({ source: { kind: 'volume', volumeId: origin } });
      await backend().write({ id: fromVolume, generation: 2 }, blocks({ offset: 4096, bytes: before }), within());

      expect((await content(origin, 0, 8192)).equals(Buffer.concat([after, Buffer.alloc(4096)]))).toBe(true);
      await backend().ensureNoVolume(origin, 9, within());
      await backend().tend(within());
      expect((await bytesOf(await backend().read({ snapshotId }, { first: 0, last: 4095 }, within()))).equals(before)).toBe(true);
      await backend().ensureNoSnapshot(snapshotId, 9, within());
      await backend().tend(within());
      expect((await content(fromSnapshot, 0, 4096)).equals(before)).toBe(true);
      expect((await content(fromSnapshot, 8 * MEBIBYTE, 8 * MEBIBYTE)).equals(Buffer.alloc(8 * MEBIBYTE))).toBe(true);
      expect((await content(fromVolume, 0, 8192)).equals(Buffer.concat([after, before]))).toBe(true);
    });

    it('exports a volume to a guest, one that others may not have at the same time', async () => {
      const id = await given();
      const { request, disk, address } = await exported(id);
      const bytes = randomBytes(512);
      await disk.write(MEBIBYTE, bytes);

      expect(await backend().ensureExport(request, within())).toEqual(address);
      expect((await disk.read(MEBIBYTE, 512)).equals(bytes)).toBe(true);
      expect(await disk.sizeBytes()).toBe(8 * MEBIBYTE);
      expect((await observed(id))?.exports).toEqual([{ attachmentId: request.attachmentId, generation: 1, host: store().ownHost, address, isServed: true }]);
      await expect(exported(id)).rejects.toBeInstanceOf(Refused);
      await expect(exported(id, { isShared: true })).rejects.toBeInstanceOf(Refused);
      await expect(exported(await given(), { attachmentId: request.attachmentId })).rejects.toBeInstanceOf(Refused);
    });

    it('protects an exported volume from commands that would pull it away', async () => {
      const id = await given();
      const snapshotId = await snapshot(id);
      await exported(id);

      await expect(backend().ensureNoVolume(id, 2, within())).rejects.toBeInstanceOf(Refused);
      await expect(backend().ensureReverted({ id, generation: 2, snapshotId }, within())).rejects.toBeInstanceOf(Refused);
      await expect(backend().write({ id, generation: 2 }, blocks({ offset: 0, bytes: Buffer.alloc(512) }), within())).rejects.toBeInstanceOf(Refused);
      await expect(backend().read({ volumeId: id }, undefined, within())).rejects.toBeInstanceOf(Refused);
    });

    it('cuts a guest off for good, and refuses to bring its export back', async () => {
      const id = await given();
      const { request, disk } = await exported(id, { generation: 4 });
      await disk.write(0, Buffer.alloc(512, 7));
      await expect(unexport(request.attachmentId, 3)).rejects.toBeInstanceOf(Outdated);

      await unexport(request.attachmentId, 5);
      await unexport(request.attachmentId, 5);

      await expect(disk.write(0, Buffer.alloc(512, 8))).rejects.toThrow();
      await expect(backend().ensureExport({ ...request, generation: 5 }, within())).rejects.toBeInstanceOf(Outdated);
      await expect(disk.read(0, 512)).rejects.toThrow();
      expect((await content(id, 0, 512)).equals(Buffer.alloc(512, 7))).toBe(true);
      const again = await exported(id);
      expect((await again.disk.read(0, 512)).equals(Buffer.alloc(512, 7))).toBe(true);
    });

    it('lets several guests have a volume that is shared, some of them only to read', async () => {
      const id = await given();
      const writer = await exported(id, { isShared: true });
      const reader = await exported(id, { isShared: true, isReadOnly: true });

      await writer.disk.write(0, Buffer.alloc(512, 3));

      expect((await reader.disk.read(0, 512)).equals(Buffer.alloc(512, 3))).toBe(true);
      await expect(reader.disk.write(0, Buffer.alloc(512))).rejects.toThrow();
      await unexport(writer.request.attachmentId);
      expect((await store().connect(reader.address).read(0, 512)).equals(Buffer.alloc(512, 3))).toBe(true);
    });

    it('snapshots and clones volumes while guests write to them', async () => {
      const [one, two] = [await given(), await given()];
      const [first, second] = [await exported(one), await exported(two)];
      for (const { disk } of [first, second]) await disk.write(0, Buffer.alloc(4096, 1));
      const requests = [one, two].map((volumeId) => ({ id: newId<'snapshot'>(), generation: 1, volumeId }));
      snapshots.push(...requests.map(({ id }) => id));

      await together(requests);
      for (const { disk } of [first, second]) await disk.write(0, Buffer.alloc(4096, 2));
      await together(requests);
      const clone = await given({ source: { kind: 'volume', volumeId: one } });
      await first.disk.write(0, Buffer.alloc(4096, 3));

      for (const { id } of requests) {
        expect((await bytesOf(await backend().read({ snapshotId: id }, { first: 0, last: 4095 }, within()))).equals(Buffer.alloc(4096, 1))).toBe(true);
      }
      expect((await content(clone, 0, 4096)).equals(Buffer.alloc(4096, 2))).toBe(true);
      expect((await first.disk.read(0, 4096)).equals(Buffer.alloc(4096, 3))).toBe(true);
      expect((await second.disk.read(0, 4096)).equals(Buffer.alloc(4096, 2))).toBe(true);
    });

    it('grows volumes, also while a guest has them, and never shrinks them', async () => {
      const [idle, busy] = [await filled(Buffer.alloc(4096, 5)), await given()];
      const { disk, address } = await exported(busy);
      await disk.write(8 * MEBIBYTE - 512, Buffer.alloc(512, 9));

      for (const id of [idle, busy]) {
        await backend().ensureSize({ id, generation: 2, sizeBytes: 12 * MEBIBYTE }, within());
        await backend().ensureSize({ id, generation: 2, sizeBytes: 12 * MEBIBYTE }, within());
        await expect(backend().ensureSize({ id, generation: 3, sizeBytes: 8 * MEBIBYTE }, within())).rejects.toBeInstanceOf(Refused);
        expect((await observed(id))?.sizeBytes).toBe(12 * MEBIBYTE);
      }

      const reconnected = store().connect(address);
      expect(await reconnected.sizeBytes()).toBe(12 * MEBIBYTE);
      expect((await reconnected.read(8 * MEBIBYTE - 512, 1024)).equals(Buffer.concat([Buffer.alloc(512, 9), Buffer.alloc(512)]))).toBe(true);
      expect((await content(idle, 0, 4096)).equals(Buffer.alloc(4096, 5))).toBe(true);
      expect((await content(idle, 8 * MEBIBYTE, 4 * MEBIBYTE)).equals(Buffer.alloc(4 * MEBIBYTE))).toBe(true);
    });

    it('reverts a volume to its snapshot once per command, at the size it has now', async () => {
      const id = await filled(Buffer.alloc(4096, 1));
      const snapshotId = await snapshot(id);
      await backend().write({ id, generation: 2 }, blocks({ offset: 0, bytes: Buffer.alloc(8192, 2) }), within());
      await backend().ensureSize({ id, generation: 3, sizeBytes: 12 * MEBIBYTE }, within());

      await backend().ensureReverted({ id, generation: 4, snapshotId }, within());

      expect((await content(id, 0, 8192)).equals(Buffer.concat([Buffer.alloc(4096, 1), Buffer.alloc(4096)]))).toBe(true);
      expect((await content(id, 8 * MEBIBYTE, 512)).equals(Buffer.alloc(512))).toBe(true);
      await backend().write({ id, generation: 4 }, blocks({ offset: 0, bytes: Buffer.alloc(512, 3) }), within());
      await backend().ensureReverted({ id, generation: 4, snapshotId }, within());
      expect((await content(id, 0, 512)).equals(Buffer.alloc(512, 3))).toBe(true);
      await expect(backend().ensureReverted({ id: await given(), generation: 2, snapshotId }, within())).rejects.toBeInstanceOf(Refused);
    });

    it('says what a snapshot holds and what has changed since another', async () => {
      const id = await filled(Buffer.alloc(MEBIBYTE, 1));
      const first = await snapshot(id);
      await backend().write({ id, generation: 2 }, blocks({ offset: 4 * MEBIBYTE, bytes: Buffer.alloc(65_536, 2) }), within());
      await backend().ensureSize({ id, generation: 3, sizeBytes: 12 * MEBIBYTE }, within());
      const second = await snapshot(id);

      const all = await backend().extents({ snapshotId: second }, within());
      expect(covers(all, 0)?.kind).toBe('data');
      expect(covers(all, 2 * MEBIBYTE)?.kind).toBe('zero');
      expect(all.reduce((end, extent) => (extent.offset === end ? end + extent.length : NaN), 0)).toBe(12 * MEBIBYTE);
      const changed = await backend().changedExtents({ snapshotId: second }, first, within()) ?? [];
      expect(covers(changed, 4 * MEBIBYTE)?.kind).toBe('data');
      expect(covers(changed, 0)).toBeUndefined();
      expect(covers(changed, 6 * MEBIBYTE)).toBeUndefined();
      expect(covers(changed, 10 * MEBIBYTE)?.kind).toBe('zero');
      expect(await backend().changedExtents({ snapshotId: second }, newId(), within())).toBeUndefined();
      expect(await backend().changedExtents({ snapshotId: second }, await snapshot(await given()), within())).toBeUndefined();
    });

    it('keeps what guests and snapshots see while it shortens chains', async () => {
      const id = await filled(Buffer.alloc(4 * MEBIBYTE, 1));
      const { disk } = await exported(id);
      const taken: SnapshotId[] = [];
      for (let round = 2; round <= 5; round += 1) {
        taken.push(await snapshot(id));
        await disk.write(round * 65_536, Buffer.alloc(65_536, round));
      }
      const [kept] = taken.splice(2, 1);
      for (const gone of taken) await backend().ensureNoSnapshot(gone, 2, within());

      await backend().tend(within());
      await disk.write(0, Buffer.alloc(512, 9));
      await backend().tend(within());

      const expected = Buffer.concat([1, 1, 2, 3, 4, 5].map((round) => Buffer.alloc(65_536, round)));
      expected.fill(9, 0, 512);
      expect((await disk.read(0, expected.length)).equals(expected)).toBe(true);
      const before = Buffer.concat([1, 1, 2, 3, 1, 1].map((round) => Buffer.alloc(65_536, round)));
      expect((await bytesOf(await backend().read({ snapshotId: kept! }, { first: 0, last: before.length - 1 }, within()))).equals(before)).toBe(true);
    });

    it('encrypts with a key that every command must bring, and opens nothing with another', async () => {
      const [key, other] = [aKey(), aKey()];
      const secret = Buffer.alloc(65_536, 'what nobody may read ');
      const id = await filled(secret, { key });
      const snapshotId = await snapshot(id, key);
      const clone = await given({ source: { kind: 'snapshot', snapshotId }, key });

      expect((await observed(id))?.keyId).toBe(key.id);
      expect((await content(clone, 0, secret.length, key)).equals(secret)).toBe(true);
      await expect(content(id, 0, 512)).rejects.toBeInstanceOf(Refused);
      await expect(content(id, 0, 512, other)).rejects.toBeInstanceOf(Refused);
      await expect(given({ source: { kind: 'snapshot', snapshotId }, key: other })).rejects.toBeInstanceOf(Refused);
      await expect(exported(id)).rejects.toBeInstanceOf(Refused);
      await expect(snapshot(id)).rejects.toBeInstanceOf(Refused);
      const { disk } = await exported(id, { key });
      expect((await disk.read(0, 512)).equals(secret.subarray(0, 512))).toBe(true);
      await backend().ensureSize({ id, generation: 2, sizeBytes: 16 * MEBIBYTE, key }, within());
      expect(covers(await backend().extents({ snapshotId, key }, within()), 0)?.kind).toBe('data');
    }, ENCRYPTED_TEST_MS);

    it('keeps every volume apart while many are made, copied, snapshotted, grown and removed at once', async () => {
      const life = async (value: number): Promise<void> => {
        const origin = await filled(Buffer.alloc(65_536, value), { sizeBytes: 2 * MEBIBYTE });
        const snapshotId = newId<'snapshot'>();
        snapshots.push(snapshotId);
        const [clone] = await Promise.all([
          given({ source: { kind: 'volume', volumeId: origin }, sizeBytes: 4 * MEBIBYTE }),
          backend().ensureSnapshots([{ id: snapshotId, generation: 1, volumeId: origin }], within()),
          backend().ensureSize({ id: origin, generation: 2, sizeBytes: 4 * MEBIBYTE }, within()).catch(() => undefined),
          backend().tend(within()),
        ]);
        const { request, disk } = await exported(clone);
        await Promise.all([disk.write(65_536, Buffer.alloc(65_536, value + 1)), backend().ensureNoVolume(origin, 3, within()), backend().tend(within())]);
        await Promise.all([backend().ensureNoSnapshot(snapshotId, 2, within()), disk.write(131_072, Buffer.alloc(65_536, value + 2)), backend().tend(within())]);
        await unexport(request.attachmentId);

        const expected = Buffer.concat([value, value + 1, value + 2].map((byte) => Buffer.alloc(65_536, byte)));
        expect((await content(clone, 0, expected.length)).equals(expected)).toBe(true);
      };

      await Promise.all(Array.from({ length: store().livesAtOnce ?? 12 }, (_, index) => life(index * 10 + 1)));

      await backend().tend(within());
    });

    it('never brings back a snapshot that is removed while it is taken', async () => {
      const volumeId = await given();
      const id = newId<'snapshot'>();

      const taking = backend().ensureSnapshots([{ id, generation: 1, volumeId }], within()).catch((error: unknown) => error);
      await backend().ensureNoSnapshot(id, 2, within());
      await taking;

      expect((await backend().observe(within())).snapshots.map((found) => found.id)).not.toContain(id);
    });

    it('lets the removal of a volume overtake its slow making', async () => {
      const id = newId<'volume'>();
      const begun = Promise.withResolvers<void>();
      const endless = async function* (): AsyncGenerator<Buffer> {
        begun.resolve();
        yield Buffer.alloc(512, 1);
        await new Promise<never>((_, reject) => { AbortSignal.timeout(20_000).addEventListener('abort', () => reject(new Error('nobody stopped it'))); });
      };
      const source: VolumeSource = {
        kind: 'image', format: 'raw', sizeBytes: MEBIBYTE,
        open: async (signal) => {
          const stream = Readable.from(endless());
          signal.addEventListener('abort', () => stream.destroy(signal.reason as Error), { once: true });
          return stream;
        },
      };
      const making = backend().ensureVolume({ id, generation: 1, sizeBytes: MEBIBYTE, source }, within());
      making.catch(() => undefined);
      await begun.promise;

      await backend().ensureNoVolume(id, 2, within());

      await expect(making).rejects.toBeInstanceOf(Outdated);
      expect(await store().traces(id)).toEqual([]);
    });

    it('counts what it has promised and what it has', async () => {
      const before = await backend().capacity(within());
      await given({ sizeBytes: 3 * MEBIBYTE });
      const after = await backend().capacity(within());

      expect(after.provisionedBytes - before.provisionedBytes).toBe(3 * MEBIBYTE);
      expect(after.volumes - before.volumes).toBe(1);
      expect(after.totalBytes).toBeGreaterThan(after.freeBytes - 1);
    });
  });
}
