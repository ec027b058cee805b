import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { VolumeRbdBackend } from '@virga/driver-volume-rbd';
import { CephCluster } from '@virga/driver-volume-rbd/testing';
import { newId, systemClock, type ServerId } from '@virga/kernel';
import { hostCredentialsKey, Refused, type GuestSpec, type GuestVolume, type VolumeKey, type VolumeSource } from '@virga/ports';
import { ImageCache } from './image-cache.js';
import { LibvirtHypervisor } from './libvirt-hypervisor.js';
import { BareTaps } from './testing/bare-taps.js';
import { startPrivateLibvirt, type PrivateLibvirt } from './testing/private-libvirt.js';
import { tinyGuestImage } from './testing/tiny-guest.js';

// A cluster, a libvirt and emulated guests: on a busy machine each step takes seconds.
jest.setTimeout(120_000);

const run = promisify(execFile);
const image = tinyGuestImage();
const secret = randomBytes(32);
const MEBIBYTE = 1024 * 1024;
const UP = 'tiny guest is up\r\n';
const signal = (): AbortSignal => AbortSignal.timeout(60_000);

let directory: string;
let cluster: CephCluster;
let libvirt: PrivateLibvirt;
let hypervisor: LibvirtHypervisor;
let volumes: VolumeRbdBackend;

const open = async (host: string): Promise<LibvirtHypervisor> => LibvirtHypervisor.open({
  socketPath: libvirt.socketPath, instancesDirectory: join(directory, 'instances'), hostNetwork: new BareTaps(), clock: systemClock, accelerator: 'tcg',
  credentialsKey: hostCredentialsKey(secret, host),
  imageCache: await ImageCache.open({
    directory: join(directory, 'images'), fetch: async () => Readable.from([image]), unusedLimitBytes: 0, clock: systemClock,
  }),
});

const virsh = async (...command: string[]): Promise<string> =>
  (await run('virsh', ['-c', `qemu:///system?socket=${libvirt.socketPath}`, ...command])).stdout;

/** The guest's own QEMU writes to the disk as the guest would; what came of it is seen in the pool. */
const diskIo = async (id: ServerId, { attachmentId }: GuestVolume, command: string): Promise<void> => {
  const [disk] = JSON.parse(await virsh('qemu-monitor-command', id, '{"execute":"query-block"}')).return
    .filter(({ qdev }: { qdev?: string }) => qdev?.includes(attachmentId)) as { qdev: string }[];
  await virsh('qemu-monitor-command', '--hmp', id, `qemu-io -d ${disk?.qdev} "${command}"`);
};

const bytes = async (stream: Readable): Promise<Buffer> => Buffer.concat(await stream.toArray() as Buffer[]);

const volume = async (target: string, { key, source = { kind: 'empty' } }: { key?: VolumeKey; source?: VolumeSource } = {}): Promise<GuestVolume> => {
  const [volumeId, attachmentId] = [newId<'volume'>(), newId<'attachment'>()];
  const keyed = key && { key };
  await volumes.ensureVolume({ id: volumeId, generation: 1, sizeBytes: 8 * MEBIBYTE, source, ...keyed }, signal());
  const connection = await volumes.ensureExport({ attachmentId, generation: 1, volumeId, host: 'here', isReadOnly: false, isShared: false, ...keyed }, signal());
  return { attachmentId, volumeId, target, connection, isReadOnly: false, isShared: false };
};
const bootable: VolumeSource = { kind: 'image', format: 'raw', sizeBytes: image.length, open: async () => Readable.from([image]) };

const guest = (...given: GuestVolume[]): GuestSpec => ({
  id: newId<'server'>(), generation: 1, name: 'tiny', projectId: 'p', userId: 'u', vcpus: 1, memoryMebibytes: 32,
  disks: [], nics: [], facts: { flavorName: 'tiny', imageId: 'tiny' }, volumes: given,
});

const isUp = async (id: ServerId): Promise<void> => {
  for (const deadline = signal(); !(await hypervisor.consoleOutput(id, 1_000, signal())).endsWith(UP); await pause(50)) deadline.throwIfAborted();
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vlr-'));
  cluster = await CephCluster.start();
  libvirt = await startPrivateLibvirt(directory);
  hypervisor = await open('here');
  volumes = await VolumeRbdBackend.open({
    access: cluster.access, owner: 'storage', directory: join(directory, 'volumes'), runDirectory: join(directory, 'vrun'), credentialsSecret: secret, clock: systemClock,
  }, signal());
});

afterAll(async () => {
  hypervisor?.close();
  await libvirt?.stop();
  await volumes?.close();
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('a guest with volumes of a Ceph cluster', () => {
  let id: ServerId;
  const start = async (...given: GuestVolume[]): Promise<void> => {
    const spec = guest(...given);
    id = spec.id;
    await hypervisor.ensureGuest(spec, signal());
    await isUp(id);
  };

  afterEach(async () => {
    await hypervisor.ensureNoGuest(id, Number.MAX_SAFE_INTEGER, signal());
    expect((await virsh('secret-list')).match(/virga/g)).toBeNull();
  });

  it('boots from one, gets others while it runs, and sees them grow', async () => {
    const key: VolumeKey = { id: 'a-key', passphrase: randomBytes(32).toString('hex') };
    await start(await volume('vda', { source: bootable }));

    let generation = 1;
    for (const given of [await volume('vdb'), await volume('vdc', { key })]) {
      const keyed = given.target === 'vdc' ? { key } : {};
      generation += 1;
      await hypervisor.ensureDisk(id, generation, given, signal());
      await hypervisor.ensureDisk(id, generation, given, signal());
      await diskIo(id, given, 'write -P 7 1M 64k');
      await volumes.ensureSize({ id: given.volumeId, generation: 2, sizeBytes: 16 * MEBIBYTE, ...keyed }, signal());
      await hypervisor.ensureDiskSize(id, generation, { attachmentId: given.attachmentId, sizeBytes: 16 * MEBIBYTE }, signal());
      await diskIo(id, given, 'write -P 8 15M 64k');
      await diskIo(id, given, 'flush');

      await hypervisor.ensureNoDisk(id, generation, given.attachmentId, signal());
      await volumes.ensureNoExport(given.attachmentId, 2, signal());

      const read = async (first: number): Promise<Buffer> => bytes(await volumes.read({ volumeId: given.volumeId, ...keyed }, { first, last: first + 65_535 }, signal()));
      expect((await read(MEBIBYTE)).equals(Buffer.alloc(65_536, 7))).toBe(true);
      expect((await read(15 * MEBIBYTE)).equals(Buffer.alloc(65_536, 8))).toBe(true);
    }
    expect(await virsh('dumpxml', id, '--security-info')).not.toContain(key.passphrase);
    expect((await run('ps', ['-eo', 'args'])).stdout).not.toContain(key.passphrase);
  });

  it('starts again with its encrypted volume, of which libvirt has forgotten the secrets', async () => {
    const key: VolumeKey = { id: 'a-key', passphrase: randomBytes(32).toString('hex') };
    const root = await volume('vda', { key, source: bootable });
    const spec = guest(root);
    id = spec.id;
    await hypervisor.ensureGuest(spec, signal());
    await isUp(id);
    await hypervisor.ensurePower({ id, generation: 2, power: 'shutdown', graceSeconds: 10 }, signal());
    for (const [, uuid = ''] of (await virsh('secret-list')).matchAll(/^ *([0-9a-f-]{36}) /gm)) await virsh('secret-undefine', uuid);

    await hypervisor.ensureGuest({ ...spec, generation: 3 }, signal());
    await hypervisor.ensurePower({ id, generation: 4, power: 'running' }, signal());

    await isUp(id);
  });

  it('cannot write any more once its volume was given away, whatever it does', async () => {
    await start(await volume('vda', { source: bootable }));
    const given = await volume('vdb');
    await hypervisor.ensureDisk(id, 2, given, signal());
    await diskIo(id, given, 'write -P 1 0 4k');

    await volumes.ensureNoExport(given.attachmentId, 2, signal());

    await diskIo(id, given, 'write -P 2 0 4k');
    expect((await bytes(await volumes.read({ volumeId: given.volumeId }, { first: 0, last: 4_095 }, signal()))).equals(Buffer.alloc(4_096, 1))).toBe(true);
    await volumes.ensureExport({ attachmentId: newId(), generation: 1, volumeId: given.volumeId, host: 'there', isReadOnly: false, isShared: false }, signal());
    await diskIo(id, given, 'write -P 2 0 4k');
    const snapshotId = newId<'snapshot'>();
    await volumes.ensureSnapshots([{ id: snapshotId, generation: 1, volumeId: given.volumeId }], signal());
    expect((await bytes(await volumes.read({ snapshotId }, { first: 0, last: 4_095 }, signal()))).equals(Buffer.alloc(4_096, 1))).toBe(true);
  });

  it('is refused a volume that was exported to another host', async () => {
    await start(await volume('vda', { source: bootable }));
    const given = await volume('vdb');
    const other = await open('there');

    await expect(other.ensureDisk(id, 2, given, signal())).rejects.toBeInstanceOf(Refused);
    other.close();
  });
});
