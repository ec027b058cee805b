import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { newId, systemClock, type SnapshotId, type VolumeId } from '@virga/kernel';
import { DriverUnavailable, hostCredentialsKey, openCredentials, purposeOf, Refused, type ExportRequest, type RbdAddress, type VolumeKey, type VolumeSpec } from '@virga/ports';
import { aKey, bytesOf, volumeBackendConformance, within, type GuestDiskUnderTest } from '@virga/ports/testing';
import { ExportReader } from './export-reader.js';
import { CephCluster, CephGuests } from './testing/index.js';
import { VolumeRbdBackend, type VolumeRbdOptions } from './volume-rbd-backend.js';

// Each step of a test is several processes, which a busy machine starts slowly.
jest.setTimeout(120_000);

const run = promisify(execFile);
const OWN_HOST = 'node-1';
const MEBIBYTE = 1024 * 1024;
const secret = randomBytes(32);
const troubles: unknown[] = [];

let cluster: CephCluster;
let guests: CephGuests;
let directory: string;
let backend: VolumeRbdBackend;

const options = (over: Partial<VolumeRbdOptions> = {}): VolumeRbdOptions => ({
  access: cluster.access, owner: OWN_HOST, directory: join(directory, 'store'), runDirectory: join(directory, 'run'), credentialsSecret: secret,
  clock: systemClock, onTrouble: (error) => troubles.push(error), ...over,
});

async function traces(id: string): Promise<string[]> {
  const keys = await cluster.run('rados', 'listomapkeys', 'virga.catalog');
  const names = [...keys.split('\n').filter((key) => !key.startsWith('tombstone.')), ...(await cluster.run('rbd', 'ls')).split('\n')];
  return [...names, ...(await cluster.run('ceph', 'auth', 'ls')).split('\n')].filter((name) => name.includes(id));
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vrbd-'));
  cluster = await CephCluster.start();
  guests = await CephGuests.of(secret, OWN_HOST);
  backend = await VolumeRbdBackend.open(options(), within());
});

afterAll(async () => {
  await backend?.close();
  await guests?.end();
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
});

volumeBackendConformance('VolumeRbdBackend', () => ({ backend, ownHost: OWN_HOST, connect: (address) => guests.connect(address), traces, livesAtOnce: 3 }));

describe('VolumeRbdBackend', () => {
  const given = async (over: Partial<VolumeSpec> = {}): Promise<VolumeId> => {
    const spec: VolumeSpec = { id: newId(), generation: 1, sizeBytes: 8 * MEBIBYTE, source: { kind: 'empty' }, ...over };
    await backend.ensureVolume(spec, within());
    return spec.id;
  };
  const request = (volumeId: VolumeId, over: Partial<ExportRequest> = {}): ExportRequest =>
    ({ attachmentId: newId(), generation: 1, volumeId, host: OWN_HOST, isReadOnly: false, isShared: false, ...over });
  const exported = async (wanted: ExportRequest): Promise<{ address: RbdAddress; disk: GuestDiskUnderTest }> => {
    const address = await backend.ensureExport(wanted, within()) as RbdAddress;
    return { address, disk: guests.connect(address) };
  };
  const snapshot = async (volumeId: VolumeId, key?: VolumeKey): Promise<SnapshotId> => {
    const id = newId<'snapshot'>();
    await backend.ensureSnapshots([{ id, generation: 1, volumeId, ...(key && { key }) }], within());
    return id;
  };
  const write = (id: VolumeId, offset: number, bytes: Buffer, key?: VolumeKey): Promise<void> =>
    backend.write({ id, generation: 2, ...(key && { key }) }, (async function* () { yield { offset, bytes }; })(), within());
  const content = async (volumeId: VolumeId, first: number, length: number): Promise<Buffer> =>
    bytesOf(await backend.read({ volumeId }, { first, last: first + length - 1 }, within()));
  const images = async (): Promise<string[]> => (JSON.parse(await cluster.run('rbd', 'ls', '--format', 'json')) as string[]);

  afterEach(async () => {
    const { volumes, snapshots } = await backend.observe(within());
    for (const { id, exports } of volumes) {
      for (const { attachmentId } of exports) await backend.ensureNoExport(attachmentId, Number.MAX_SAFE_INTEGER, within());
      await backend.ensureNoVolume(id, Number.MAX_SAFE_INTEGER, within());
    }
    for (const { id } of snapshots) await backend.ensureNoSnapshot(id, Number.MAX_SAFE_INTEGER, within());
    // A client that was killed is remembered by the pool for half a minute, and its image stays for so long.
    for (const deadline = AbortSignal.timeout(60_000); (await images()).length > 0 && !deadline.aborted; await pause(500)) await backend.tend(within());
    expect(await images()).toEqual([]);
    expect(await cluster.run('rados', 'listomapkeys', 'virga.catalog')).not.toMatch(/^(volume|snapshot|loose-snap)\./m);
    expect(troubles.splice(0)).toEqual([]);
  });

  it('lets neither a second process nor another host have the pool', async () => {
    await expect(VolumeRbdBackend.open(options(), within())).rejects.toBeInstanceOf(DriverUnavailable);
    const elsewhere = { owner: 'node-2', directory: join(directory, 'elsewhere'), runDirectory: join(directory, 'run-2') };
    await expect(VolumeRbdBackend.open(options(elsewhere), within())).rejects.toMatchObject({ cause: { message: expect.stringContaining('host node-1\'s') as string } });
  });

  it('knows everything again when its process is replaced, and guests go on meanwhile', async () => {
    const key = aKey();
    const [plain, encrypted] = [await given(), await given({ key })];
    const wanted = [request(plain), request(encrypted, { key })];
    const disks = [await exported(wanted[0]!), await exported(wanted[1]!)];
    const known = async () => (await backend.observe(within())).volumes.sort((one, other) => one.id.localeCompare(other.id));
    const before = await known();

    await backend.close();
    for (const { disk } of disks) await disk.write(0, Buffer.alloc(512, 2));
    backend = await VolumeRbdBackend.open(options(), within());

    expect(await known()).toEqual(before);
    // Also without the key, which only the first time needs.
    expect(await backend.ensureExport(wanted[0]!, within())).toEqual(disks[0]!.address);
    expect(await backend.ensureExport(request(encrypted, { attachmentId: wanted[1]!.attachmentId }), within())).toEqual(disks[1]!.address);
    for (const { disk } of disks) expect((await disk.read(0, 512)).equals(Buffer.alloc(512, 2))).toBe(true);
  });

  it('removes what a crash left of images and snapshots, and nothing of others', async () => {
    const id = await given();
    const [own] = await images();
    await cluster.run('rbd', 'snap', 'create', `${own}@0123456789abcdef`, '--no-progress');
    await cluster.run('rados', 'setomapval', 'virga.catalog', 'loose-snap.0123456789abcdef', JSON.stringify({ id: '0123456789abcdef', image: own }));
    for (const name of ['virga-0123456789abcdef', 'of-somebody-else']) await cluster.run('rbd', 'create', name, '--size', '1M');

    await backend.close();
    backend = await VolumeRbdBackend.open(options(), within());
    await backend.tend(within());

    expect((await images()).sort()).toEqual(['of-somebody-else', own]);
    expect(await cluster.run('rbd', 'snap', 'ls', own!)).toBe('');
    await cluster.run('rbd', 'rm', 'of-somebody-else', '--no-progress');
    expect((await backend.observe(within())).volumes.map((volume) => volume.id)).toEqual([id]);
  });

  it('cuts off one guest of a shared volume and leaves the other', async () => {
    const id = await given();
    const [first, second] = [request(id, { isShared: true }), request(id, { isShared: true })];
    const [one, other] = [await exported(first), await exported(second)];
    await one.disk.write(0, Buffer.alloc(512, 1));
    await other.disk.write(512, Buffer.alloc(512, 2));
    await one.disk.write(0, Buffer.alloc(512, 3));

    await backend.ensureNoExport(first.attachmentId, 2, within());

    await expect(one.disk.write(0, Buffer.alloc(512, 4))).rejects.toThrow();
    await other.disk.write(512, Buffer.alloc(512, 5));
    expect((await other.disk.read(0, 1024)).equals(Buffer.concat([Buffer.alloc(512, 3), Buffer.alloc(512, 5)]))).toBe(true);
  });

  it('cuts off a guest that has only looked, which could write as soon as it is not watched', async () => {
    const id = await given();
    const wanted = request(id);
    const { disk, address } = await exported(wanted);
    await disk.read(0, 512);

    await backend.ensureNoExport(wanted.attachmentId, 2, within());

    await expect(disk.write(0, Buffer.alloc(512, 1))).rejects.toThrow();
    await expect(guests.connect(address).read(0, 512)).rejects.toThrow('cannot open');
    expect((await content(id, 0, 512)).equals(Buffer.alloc(512))).toBe(true);
  });

  it('takes a volume from a host that died with it, at once', async () => {
    const id = await given();
    const wanted = request(id);
    const dying = await CephGuests.of(secret, OWN_HOST);
    const disk = dying.connect(await backend.ensureExport(wanted, within()));
    await disk.write(0, Buffer.alloc(512, 1));
    await dying.end();

    await backend.ensureNoExport(wanted.attachmentId, 2, within());
    const next = await exported(request(id));
    await next.disk.write(512, Buffer.alloc(512, 2));

    expect((await next.disk.read(0, 1024)).equals(Buffer.concat([Buffer.alloc(512, 1), Buffer.alloc(512, 2)]))).toBe(true);
  });

  it('lets the user of an export open its image and no other, and tells its key to its host alone', async () => {
    const [mine, others] = [await given(), await given()];
    const { address } = await exported(request(mine));
    const { image } = await exported(request(others)).then((found) => found.address);
    const { key } = openCredentials(address.sealed, hostCredentialsKey(secret, OWN_HOST), purposeOf(address));
    const keyring = join(directory, 'keyring');
    await writeFile(keyring, `[client.${address.user}]\nkey = ${key}\n`, { mode: 0o600 });
    const as = (...args: string[]): Promise<unknown> => run('rbd', ['--conf', cluster.access.confFile, '--keyring', keyring, '--id', address.user, '--pool', address.pool, ...args]);

    await as('snap', 'ls', address.image);
    await expect(as('snap', 'ls', image)).rejects.toThrow('Operation not permitted');
    await expect(as('create', 'mine', '--size', '1M')).rejects.toThrow('not permitted');
    expect(() => openCredentials(address.sealed, hostCredentialsKey(secret, 'node-2'), purposeOf(address))).toThrow('another host');
    expect(await cluster.run('rados', 'listomapvals', 'virga.catalog')).not.toContain(key);
  });

  it('lets another storage host, and no third one, read a volume that is exported to it', async () => {
    const key = aKey();
    const [reader, other] = await Promise.all(['node-2', 'node-3'].map((host) => ExportReader.open(hostCredentialsKey(secret, host), join(directory, host))));
    for (const keyed of [{}, { key }]) {
      const id = await given(keyed);
      await write(id, MEBIBYTE, Buffer.alloc(512, 5), keyed.key);
      const wanted = request(id, { host: 'node-2', isReadOnly: true, ...keyed });
      const address = await backend.ensureExport(wanted, within()) as RbdAddress;

      const { client, close } = await reader!.disk(address, within());
      expect(client.sizeBytes).toBe(8 * MEBIBYTE);
      expect((await client.read(MEBIBYTE - 512, 1024)).equals(Buffer.concat([Buffer.alloc(512), Buffer.alloc(512, 5)]))).toBe(true);
      await expect(client.write(0, Buffer.alloc(512, 1))).rejects.toThrow();
      await close();
      await expect(other!.disk(address, within())).rejects.toBeInstanceOf(Refused);
      await backend.ensureNoExport(wanted.attachmentId, 2, within());
    }
  });

  it('keeps plain text and passphrases out of the pool and out of arguments', async () => {
    const key = aKey();
    const secretText = 'a tenant\'s own words ';
    const seen = new Set<string>();
    const watching = new AbortController();
    const watch = (async () => {
      while (!watching.signal.aborted) {
        for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) seen.add(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
        await pause(40);
      }
    })();
    const id = await given({ key });
    await write(id, 0, Buffer.alloc(65_536, secretText), key);
    await snapshot(id, key);
    const { disk } = await exported(request(id, { key }));
    await disk.write(MEBIBYTE, Buffer.alloc(65_536, secretText));
    const reader = await ExportReader.open(hostCredentialsKey(secret, OWN_HOST), join(directory, 'sources'));
    const other = await given({ key });
    const address = await backend.ensureExport(request(other, { key, isReadOnly: true }), within()) as RbdAddress;
    await (await reader.disk(address, within())).close();
    const { key: storeKey } = openCredentials(address.sealed, hostCredentialsKey(secret, OWN_HOST), purposeOf(address));
    const plain = await given();
    await write(plain, 0, Buffer.alloc(65_536, 'what anybody may read '));
    watching.abort();
    await watch;

    expect([...seen].some((line) => line.includes('qemu-nbd'))).toBe(true);
    expect([...seen].filter((line) => line.includes(key.passphrase) || line.includes(storeKey))).toEqual([]);
    expect(await cluster.holds(key.passphrase, secretText, 'what anybody may read ')).toEqual(['what anybody may read ']);
  });

  it('has one guest at a time for an encrypted volume, and says so', async () => {
    const key = aKey();
    const id = await given({ key });

    await expect(exported(request(id, { key, isShared: true }))).rejects.toBeInstanceOf(Refused);
  });

  it('grows an encrypted volume whose guest never looked, when that is gone', async () => {
    const key = aKey();
    const id = await given({ key });
    const wanted = request(id, { key });
    const { disk } = await exported(wanted);
    await disk.write(0, Buffer.alloc(512, 1));
    await backend.ensureSize({ id, generation: 2, sizeBytes: 256 * MEBIBYTE, key }, within());
    await backend.ensureNoExport(wanted.attachmentId, 2, within());

    const next = await exported(request(id, { key }));

    expect(await next.disk.sizeBytes()).toBe(256 * MEBIBYTE);
    await next.disk.write(256 * MEBIBYTE - 512, Buffer.alloc(512, 2));
    expect((await next.disk.read(0, 512)).equals(Buffer.alloc(512, 1))).toBe(true);
  });

  it('unpacks a qcow2 image, encrypting it where asked to, and refuses one that names files of this host', async () => {
    const image = join(directory, 'image');
    const make = async (...args: string[]): Promise<VolumeSpec['source']> => {
      await run('qemu-img', ['create', '-q', '-f', 'qcow2', ...args]);
      if (!args.includes('-b')) await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 77 1M 64k', image]);
      const bytes = await readFile(image);
      return { kind: 'image', format: 'qcow2', sizeBytes: bytes.length, open: async () => Readable.from([bytes]) };
    };

    await expect(given({ source: await make('-u', '-b', '/etc/passwd', '-F', 'raw', image, '1M') })).rejects.toThrow('refers to other files');
    for (const key of [undefined, aKey()]) {
      const id = await given({ source: await make(image, '2M'), ...(key && { key }) });
      const whole = await bytesOf(await backend.read({ volumeId: id, ...(key && { key }) }, undefined, within()));
      expect(whole.equals(Buffer.concat([Buffer.alloc(MEBIBYTE), Buffer.alloc(65_536, 77), Buffer.alloc(7 * MEBIBYTE - 65_536)]))).toBe(true);
    }
  });

  it('keeps clones of clones short, and lets go of what only they needed', async () => {
    let id = await given();
    await write(id, 0, Buffer.alloc(512, 4));
    for (let clone = 0; clone < 3; clone += 1) {
      const next = await given({ source: { kind: 'volume', volumeId: id } });
      await backend.ensureNoVolume(id, 9, within());
      id = next;
    }

    await backend.tend(within());

    expect((await images()).length).toBe(1);
    expect((await content(id, 0, 512)).equals(Buffer.alloc(512, 4))).toBe(true);
  });

  it('has as much room as the pool\'s quota leaves', async () => {
    await cluster.run('ceph', 'osd', 'pool', 'set-quota', cluster.access.pool, 'max_bytes', String(64 * MEBIBYTE));

    const { totalBytes, freeBytes } = await backend.capacity(within());
    await cluster.run('ceph', 'osd', 'pool', 'set-quota', cluster.access.pool, 'max_bytes', '0');

    expect(totalBytes).toBe(64 * MEBIBYTE);
    expect(freeBytes).toBeLessThanOrEqual(totalBytes);
    expect((await backend.capacity(within())).totalBytes).toBeGreaterThan(512 * MEBIBYTE);
  });

  // Once, for each asking takes as long as a short test.
  it('has left no user behind', async () => {
    expect(await cluster.run('ceph', 'auth', 'ls')).not.toContain('client.virga-');
  });
});
