import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { newId, systemClock, type VolumeId } from '@virga/kernel';
import { DriverUnavailable, type ExportAddress, type ExportRequest, type VolumeSpec } from '@virga/ports';
import { NbdClient } from './nbd/nbd-client.js';
import { aKey, bytesOf, ENCRYPTED_TEST_MS, volumeBackendConformance, within, type GuestDiskUnderTest } from '@virga/ports/testing';
import { VolumeFileBackend, type VolumeFileOptions } from './volume-file-backend.js';

const run = promisify(execFile);
const OWN_HOST = 'node-1';
const MEBIBYTE = 1024 * 1024;

let directory: string;
let backend: VolumeFileBackend;
const troubles: unknown[] = [];

const options = (): VolumeFileOptions => ({
  directory: join(directory, 'store'), runDirectory: join(directory, 'run'), ownHost: OWN_HOST, clock: systemClock, onTrouble: (error) => troubles.push(error),
});

/** Like a guest's QEMU without patience: one connection, which is lost when the export goes. */
function connect(address: ExportAddress): GuestDiskUnderTest {
  if (address.kind !== 'nbd-unix') throw new Error('expected an export on this host');
  const client = NbdClient.connect(address.socketPath, address.exportName, within());
  client.catch(() => undefined);
  return {
    sizeBytes: async () => (await client).sizeBytes,
    read: async (offset, length) => (await client).read(offset, length),
    write: async (offset, bytes) => (await client).write(offset, bytes),
  };
}

async function traces(id: string): Promise<string[]> {
  const names = await readdir(join(directory, 'store'), { recursive: true });
  return names.filter((name) => name.includes(id) && !name.startsWith('tombstones'));
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vvol-'));
  backend = await VolumeFileBackend.open(options(), within());
});

afterAll(async () => {
  await backend?.shutDown();
  await rm(directory, { recursive: true, force: true });
});

volumeBackendConformance('VolumeFileBackend', () => ({ backend, ownHost: OWN_HOST, connect, traces }));

describe('VolumeFileBackend', () => {
  const pidOf = async (daemon: string): Promise<number> => Number(await readFile(join(directory, 'run', `${daemon}.pid`), 'utf8'));
  const layers = (): Promise<string[]> => readdir(join(directory, 'store', 'layers'));
  const given = async (over: Partial<VolumeSpec> = {}): Promise<VolumeId> => {
    const spec: VolumeSpec = { id: newId(), generation: 1, sizeBytes: 8 * MEBIBYTE, source: { kind: 'empty' }, ...over };
    await backend.ensureVolume(spec, within());
    return spec.id;
  };
  const request = (volumeId: VolumeId, over: Partial<ExportRequest> = {}): ExportRequest =>
    ({ attachmentId: newId(), generation: 1, volumeId, host: OWN_HOST, isReadOnly: false, isShared: false, ...over });
  const until = async (isSo: () => Promise<boolean>): Promise<void> => {
    for (const deadline = within(); !await isSo(); await pause(20)) deadline.throwIfAborted();
  };
  const isServed = async (id: VolumeId): Promise<boolean> =>
    (await backend.observe(within())).volumes.find((volume) => volume.id === id)?.exports.every((found) => found.isServed) === true;

  afterEach(async () => {
    const { volumes, snapshots } = await backend.observe(within());
    for (const { id, exports } of volumes) {
      for (const { attachmentId } of exports) await backend.ensureNoExport(attachmentId, Number.MAX_SAFE_INTEGER, within());
      await backend.ensureNoVolume(id, Number.MAX_SAFE_INTEGER, within());
    }
    for (const { id } of snapshots) await backend.ensureNoSnapshot(id, Number.MAX_SAFE_INTEGER, within());
    expect(await layers()).toEqual([]);
    expect(troubles.splice(0)).toEqual([]);
  });

  it('lets no second process have the store', async () => {
    await expect(VolumeFileBackend.open(options(), within())).rejects.toBeInstanceOf(DriverUnavailable);
  });

  it('serves guests on while its process is replaced', async () => {
    const id = await given();
    const address = await backend.ensureExport(request(id), within());
    const disk = connect(address);
    await disk.write(0, Buffer.alloc(512, 1));

    await backend.close();
    await disk.write(512, Buffer.alloc(512, 2));
    backend = await VolumeFileBackend.open(options(), within());

    expect((await disk.read(0, 1024)).equals(Buffer.concat([Buffer.alloc(512, 1), Buffer.alloc(512, 2)]))).toBe(true);
    expect(await isServed(id)).toBe(true);
  });

  it('brings exports back by itself when the storage daemon was killed, encrypted ones too', async () => {
    const key = aKey();
    const [plain, encrypted] = [await given(), await given({ key })];
    const addresses = [await backend.ensureExport(request(plain), within()), await backend.ensureExport(request(encrypted, { key }), within())];
    for (const address of addresses) await connect(address).write(0, Buffer.alloc(512, 6));

    process.kill(await pidOf('vault'), 'SIGKILL');
    await until(async () => !await isServed(plain));
    await until(async () => await isServed(plain) && await isServed(encrypted));

    for (const address of addresses) expect((await connect(address).read(0, 512)).equals(Buffer.alloc(512, 6))).toBe(true);
  }, ENCRYPTED_TEST_MS);

  it('says that an encrypted export waits for its key after everything was restarted', async () => {
    const key = aKey();
    const id = await given({ key });
    const wanted = request(id, { key });
    await backend.ensureExport(wanted, within());
    await backend.shutDown();
    backend = await VolumeFileBackend.open(options(), within());

    expect(await isServed(id)).toBe(false);
    const address = await backend.ensureExport(wanted, within());
    expect(await isServed(id)).toBe(true);
    expect((await connect(address).read(0, 512)).equals(Buffer.alloc(512))).toBe(true);
  }, ENCRYPTED_TEST_MS);

  it('never shows a key in arguments, and never plain text in files', async () => {
    const key = aKey();
    const secret = Buffer.alloc(65_536, 'a tenant\'s own words ');
    const seen: string[] = [];
    const watching = new AbortController();
    const watch = (async () => {
      while (!watching.signal.aborted) {
        for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
          seen.push(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
        }
        await pause(5);
      }
    })();
    const id = await given({ key });
    await backend.write({ id, generation: 2, key }, (async function* () { yield { offset: 0, bytes: secret }; })(), within());
    await backend.ensureSnapshots([{ id: newId(), generation: 1, volumeId: id, key }], within());
    const disk = connect(await backend.ensureExport(request(id, { key }), within()));
    await disk.write(MEBIBYTE, secret);
    watching.abort();
    await watch;

    expect(seen.some((line) => line.includes('qemu-img'))).toBe(true);
    expect(seen.filter((line) => line.includes(key.passphrase))).toEqual([]);
    for (const name of await layers()) {
      const bytes = await readFile(join(directory, 'store', 'layers', name));
      expect(bytes.includes('tenant')).toBe(false);
      expect(bytes.includes(key.passphrase)).toBe(false);
    }
  }, ENCRYPTED_TEST_MS);

  it('unpacks a qcow2 image, and refuses one that names files of this host or a larger disk', async () => {
    const raw = join(directory, 'raw');
    const image = join(directory, 'image');
    const make = async (...args: string[]): Promise<VolumeSpec['source']> => {
      await run('qemu-img', ['create', '-q', '-f', 'qcow2', ...args]);
      const bytes = await readFile(image);
      const { Readable } = await import('node:stream');
      return { kind: 'image', format: 'qcow2', sizeBytes: bytes.length, open: async () => Readable.from([bytes]) };
    };
    await run('qemu-img', ['create', '-q', '-f', 'raw', raw, '1M']);

    await expect(given({ source: await make('-b', raw, '-F', 'raw', image) })).rejects.toThrow('refers to other files');
    await expect(given({ source: await make('-o', `data_file=${raw}.data`, image, '1M') })).rejects.toThrow('refers to other files');
    await expect(given({ source: await make(image, '9M') })).rejects.toThrow('needs a volume');
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', image, '2M']);
    await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 77 1M 64k', image]);
    const bytes = await readFile(image);
    const { Readable } = await import('node:stream');
    const id = await given({ source: { kind: 'image', format: 'qcow2', sizeBytes: bytes.length, open: async () => Readable.from([bytes]) } });

    const whole = await bytesOf(await backend.read({ volumeId: id }, undefined, within()));
    expect(whole.length).toBe(8 * MEBIBYTE);
    expect(whole.subarray(MEBIBYTE, MEBIBYTE + 65_536).equals(Buffer.alloc(65_536, 77))).toBe(true);
    expect(whole.subarray(MEBIBYTE + 65_536).equals(Buffer.alloc(whole.length - MEBIBYTE - 65_536))).toBe(true);
  });

  it('never takes what a guest wrote for a format', async () => {
    const id = await given();
    const evil = join(directory, 'evil');
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-u', '-b', '/etc/passwd', '-F', 'raw', evil, '8M']);
    const header = await readFile(evil);
    const disk = connect(await backend.ensureExport(request(id), within()));
    await disk.write(0, header.subarray(0, 65_536));
    const snapshotId = newId<'snapshot'>();
    await backend.ensureSnapshots([{ id: snapshotId, generation: 1, volumeId: id }], within());

    const clone = await given({ source: { kind: 'snapshot', snapshotId } });

    const read = await bytesOf(await backend.read({ volumeId: clone }, { first: 0, last: 65_535 }, within()));
    expect(read.equals(header.subarray(0, 65_536))).toBe(true);
  });

  it('shortens chains down to what snapshots and clones need', async () => {
    const id = await given();
    const disk = connect(await backend.ensureExport(request(id), within()));
    for (let round = 1; round <= 4; round += 1) {
      await disk.write(round * 65_536, Buffer.alloc(65_536, round));
      const snapshotId = newId<'snapshot'>();
      await backend.ensureSnapshots([{ id: snapshotId, generation: 1, volumeId: id }], within());
      await backend.ensureNoSnapshot(snapshotId, 2, within());
    }
    expect((await layers()).length).toBe(5);

    await backend.tend(within());

    expect((await layers()).length).toBe(1);
    for (let round = 1; round <= 4; round += 1) expect((await disk.read(round * 65_536, 512)).equals(Buffer.alloc(512, round))).toBe(true);
  });

  it('gives a clone of a clone of a clone a copy of its own before its chain gets long', async () => {
    let volumeId = await given();
    await backend.write({ id: volumeId, generation: 2 }, (async function* () { yield { offset: 0, bytes: Buffer.alloc(512, 4) }; })(), within());
    for (let clone = 0; clone < 12; clone += 1) volumeId = await given({ source: { kind: 'volume', volumeId } });

    const records = await Promise.all((await readdir(join(directory, 'store', 'layer-records'))).map(async (name) =>
      JSON.parse(await readFile(join(directory, 'store', 'layer-records', name), 'utf8')) as { id: string; parent?: string }));
    const depth = (layerId: string | undefined): number => (layerId === undefined ? 0 : 1 + depth(records.find(({ id }) => id === layerId)?.parent));

    expect(Math.max(...records.map(({ id }) => depth(id)))).toBeLessThanOrEqual(9);
    expect((await bytesOf(await backend.read({ volumeId }, { first: 0, last: 511 }, within()))).equals(Buffer.alloc(512, 4))).toBe(true);
  });

  it('gives discarded space back to the file system', async () => {
    const id = await given();
    const address = await backend.ensureExport(request(id), within()) as Extract<ExportAddress, { kind: 'nbd-unix' }>;
    const url = `nbd+unix:///${address.exportName}?socket=${address.socketPath}`;
    const used = async (): Promise<number> => (await Promise.all((await layers()).map(async (name) =>
      (await import('node:fs/promises')).stat(join(directory, 'store', 'layers', name))))).reduce((sum, { blocks }) => sum + blocks * 512, 0);
    await run('qemu-io', ['-f', 'raw', '-d', 'unmap', '-c', 'write -P 1 0 8M', url]);
    const before = await used();

    await run('qemu-io', ['-f', 'raw', '-d', 'unmap', '-c', 'discard 0 8M', url]);

    expect(before).toBeGreaterThan(8 * MEBIBYTE);
    expect(await used()).toBeLessThan(2 * MEBIBYTE);
  });
});
