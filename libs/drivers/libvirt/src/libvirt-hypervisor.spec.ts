import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { VolumeFileBackend } from '@virga/driver-volume-file';
import { newId, systemClock, type ServerId } from '@virga/kernel';
import { DriverUnavailable, Refused, type DiskLimits, type GuestReport, type GuestSpec, type GuestVolume } from '@virga/ports';
import { aNic } from './hypervisor-under-test.fixture.js';
import { hypervisorConformance } from './hypervisor.conformance.js';
import { ImageCache } from './image-cache.js';
import { LibvirtHypervisor } from './libvirt-hypervisor.js';
import { cuttableLine } from './testing/cuttable-line.js';
import { BareTaps } from './testing/bare-taps.js';
import { startPrivateLibvirt, type PrivateLibvirt } from './testing/private-libvirt.js';
import { tinyGuestImage } from './testing/tiny-guest.js';

const run = promisify(execFile);
const image = tinyGuestImage();
const seed = { imageId: 'tiny', sha512: createHash('sha512').update(image).digest('hex'), format: 'raw', sizeBytes: image.length } as const;
const UP = 'tiny guest is up\r\n';

let directory: string;
let libvirt: PrivateLibvirt;
let hypervisor: LibvirtHypervisor;
let volumes: VolumeFileBackend;
const hostNetwork = new BareTaps();
const signal = (): AbortSignal => AbortSignal.timeout(20_000);

const spec = (changes: Partial<GuestSpec> = {}): GuestSpec => ({
  id: newId<'server'>(), generation: 1, name: 'tiny', projectId: 'p', userId: 'u', vcpus: 1, memoryMebibytes: 32,
  disks: [{ target: 'vda', role: 'root', sizeBytes: 4_194_304, seed }], nics: [], facts: { flavorName: 'tiny', imageId: 'tiny' }, ...changes,
});

const open = async (socketPath = libvirt.socketPath): Promise<LibvirtHypervisor> => LibvirtHypervisor.open({
  socketPath, instancesDirectory: join(directory, 'instances'), hostNetwork, clock: systemClock, accelerator: 'tcg',
  imageCache: await ImageCache.open({
    directory: join(directory, 'images'), fetch: async () => Readable.from([image]), unusedLimitBytes: 0, clock: systemClock,
  }),
});

const virsh = async (...command: string[]): Promise<string> =>
  (await run('virsh', ['-c', `qemu:///system?socket=${libvirt.socketPath}`, ...command])).stdout;

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = signal(); !await isSo(); await pause(50)) deadline.throwIfAborted();
}

const isUp = (id: ServerId): Promise<void> => until(async () => (await hypervisor.consoleOutput(id, 1_000, signal())).endsWith(UP));

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vlv-'));
  libvirt = await startPrivateLibvirt(directory);
  hypervisor = await open();
  volumes = await VolumeFileBackend.open({ directory: join(directory, 'volumes'), runDirectory: join(directory, 'vrun'), ownHost: 'here', clock: systemClock }, signal());
});

afterAll(async () => {
  hypervisor?.close();
  await libvirt?.stop();
  await volumes?.shutDown();
  await rm(directory, { recursive: true, force: true });
});

async function starts(id: ServerId): Promise<number> {
  const log = await readFile(join(directory, 'log', 'qemu', `virga-${id}.log`), 'utf8');
  return log.match(/starting up libvirt version/g)?.length ?? 0;
}

async function traces(id: ServerId): Promise<string[]> {
  const domains = (await virsh('list', '--all', '--uuid')).split('\n').filter((line) => line === id);
  const files = (await readdir(join(directory, 'instances'))).filter((name) => name === id);
  return [...domains, ...files];
}

function expectUnavailable(error: unknown): void {
  expect(error).toBeInstanceOf(DriverUnavailable);
}

async function volume(target: string): Promise<GuestVolume> {
  const [volumeId, attachmentId] = [newId<'volume'>(), newId<'attachment'>()];
  await volumes.ensureVolume({ id: volumeId, generation: 1, sizeBytes: 8_388_608, source: { kind: 'empty' } }, signal());
  const connection = await volumes.ensureExport({ attachmentId, generation: 1, volumeId, host: 'here', isReadOnly: false, isShared: false }, signal());
  return { attachmentId, volumeId, target, connection, isReadOnly: false, isShared: false };
}

/** Throws where qemu-io's command finds something else than it says. */
async function onVolume({ connection }: GuestVolume, command: string): Promise<void> {
  if (connection.kind !== 'nbd-unix') throw new Error('The volume is not on this host.');
  const { stdout } = await run('qemu-io', ['-f', 'raw', '-c', command, `nbd+unix:///${connection.exportName}?socket=${connection.socketPath}`]);
  if (/fail/i.test(stdout)) throw new Error(stdout);
}

const monitor = async (id: ServerId, command: string): Promise<{ qdev?: string; inserted: Record<string, number> & { image: { 'virtual-size': number } } }[]> =>
  (JSON.parse(await virsh('qemu-monitor-command', id, JSON.stringify({ execute: command }))) as { return: never }).return;

const diskOf = async (id: ServerId, { attachmentId }: GuestVolume) =>
  (await monitor(id, 'query-block')).find(({ qdev }) => qdev?.includes(attachmentId))?.inserted;

async function limitsOf(id: ServerId, wanted: GuestVolume): Promise<DiskLimits> {
  const found = await diskOf(id, wanted);
  const all = {
    totalBytes: found?.['bps'], readBytes: found?.['bps_rd'], writeBytes: found?.['bps_wr'],
    totalRequests: found?.['iops'], readRequests: found?.['iops_rd'], writeRequests: found?.['iops_wr'],
  };
  return Object.fromEntries(Object.entries(all).filter(([, limit]) => limit !== 0));
}

hypervisorConformance('LibvirtHypervisor', () => ({
  hypervisor, hostNetwork, spec, isUp, traces, boots: starts, volume, limitsOf,
  grow: ({ volumeId }, sizeBytes) => volumes.ensureSize({ id: volumeId, generation: 2, sizeBytes }, signal()),
  diskSize: async (id, wanted) => (await diskOf(id, wanted))?.image['virtual-size'],
}));

describe('LibvirtHypervisor', () => {
  const made: ServerId[] = [];
  const given = async (changes: Partial<GuestSpec> = {}): Promise<GuestSpec> => {
    const wanted = spec(changes);
    made.push(wanted.id);
    await hypervisor.ensureGuest(wanted, signal());
    return wanted;
  };

  afterEach(async () => {
    for (const id of made.splice(0)) await hypervisor.ensureNoGuest(id, Number.MAX_SAFE_INTEGER, signal());
  });

  it('leaves a domain that is not its own alone', async () => {
    const id = newId<'server'>();
    const foreign = join(directory, 'foreign.xml');
    await run('sh', ['-c', `echo "<domain type='qemu'><name>foreign</name><uuid>${id}</uuid><memory>32768</memory><os><type>hvm</type></os></domain>" > ${foreign}`]);
    await virsh('define', foreign);

    expect((await hypervisor.observe(signal())).map((guest) => guest.id)).not.toContain(id);
    await expect(hypervisor.ensureNoGuest(id, 1, signal())).rejects.toBeInstanceOf(Refused);
    await expect(hypervisor.ensureGuest(spec({ id }), signal())).rejects.toBeInstanceOf(Refused);

    expect(await virsh('list', '--all', '--uuid')).toContain(id);
    await virsh('undefine', 'foreign');
  });

  it('opens a LUKS volume with a secret that libvirt never tells, and forgets the secret with the volume and with the guest', async () => {
    const file = join(directory, 'luks.qcow2');
    const passphrase = 'generated and long enough';
    // qemu-img times how fast it stretches a key; with its usual hash a fast machine is done before a coarse clock has moved, and it gives up.
    const encryption = 'encrypt.format=luks,encrypt.key-secret=k,encrypt.iter-time=10,encrypt.hash-alg=sha512';
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', '--object', `secret,id=k,data=${passphrase}`, '-o', encryption, file, '4M']);
    const luks: GuestVolume = {
      attachmentId: newId(), volumeId: newId(), target: 'vdb', isReadOnly: false, isShared: false,
      connection: { kind: 'file', path: file, format: 'qcow2' }, encryption: { secretId: newId(), passphrase },
    };
    const { id } = await given();

    await hypervisor.ensureDisk(id, 2, luks, signal());
    await expect(virsh('secret-get-value', luks.encryption?.secretId ?? '')).rejects.toThrow();
    await hypervisor.ensureNoDisk(id, 3, luks.attachmentId, signal());
    expect(await virsh('secret-list')).not.toContain(luks.encryption?.secretId);
    await expect(hypervisor.ensureDisk(id, 4, { ...luks, encryption: { secretId: newId(), passphrase: 'wrong' } }, signal())).rejects.toBeInstanceOf(DriverUnavailable);
    await hypervisor.ensureNoDisk(id, 5, luks.attachmentId, signal());
    await hypervisor.ensureGuest({ ...spec({ id }), generation: 6, volumes: [luks] }, signal());
    expect(await virsh('secret-list')).toContain(luks.encryption?.secretId);
    await hypervisor.ensureNoGuest(id, 7, signal());
    expect(await virsh('secret-list')).not.toContain(id);
  }, 60_000);

  it('boots a guest from a volume, and its disk outlives the storage daemon', async () => {
    const [volumeId, attachmentId] = [newId<'volume'>(), newId<'attachment'>()];
    const source = { kind: 'image', format: 'raw', sizeBytes: image.length, open: async () => Readable.from([image]) } as const;
    await volumes.ensureVolume({ id: volumeId, generation: 1, sizeBytes: 4_194_304, source }, signal());
    const connection = await volumes.ensureExport({ attachmentId, generation: 1, volumeId, host: 'here', isReadOnly: false, isShared: false }, signal());
    const root: GuestVolume = { attachmentId, volumeId, target: 'vda', connection, isReadOnly: false, isShared: false };

    const { id } = await given({ disks: [], volumes: [root] });
    await isUp(id);
    process.kill(Number(await readFile(join(directory, 'vrun', 'vault.pid'), 'utf8')), 'SIGKILL');
    // The same QEMU reads its boot sector again, by a connection that it has to make anew.
    await virsh('reset', id);

    await until(async () => (await hypervisor.consoleOutput(id, 1_000, signal())).split(UP).length === 3);
  }, 60_000);

  it('lets the guest shut down by itself before it cuts the power', async () => {
    const { id } = await given();
    await isUp(id);

    await hypervisor.ensurePower({ id, generation: 2, power: 'shutdown', graceSeconds: 15 }, signal());

    expect(await hypervisor.consoleOutput(id, 1_000, signal())).toContain('tiny guest powers off');
  });

  it('cuts a guest off that ignores the request, and at once when it is to be removed', async () => {
    const deaf = await given({ disks: [{ target: 'vda', role: 'root', sizeBytes: 1_048_576 }] });
    const began = process.hrtime.bigint();

    await hypervisor.ensurePower({ id: deaf.id, generation: 2, power: 'shutdown', graceSeconds: 1 }, signal());
    await hypervisor.ensurePower({ id: deaf.id, generation: 3, power: 'running' }, signal());
    const restart = hypervisor.ensurePower({ id: deaf.id, generation: 4, power: 'running', restart: 'soft', graceSeconds: 600 }, signal());
    const [restarted] = await Promise.allSettled([restart, hypervisor.ensureNoGuest(deaf.id, 5, signal())]);

    expect(restarted.status).toBe('rejected');
    expect(Number(process.hrtime.bigint() - began) / 1e9).toBeLessThan(15);
  });

  it('goes on with its guests after libvirtd was killed, and reports what changed meanwhile', async () => {
    const nic = aNic();
    const [lives, dies] = [await given({ nics: [nic] }), await given()];
    const stop = new AbortController();
    const reports = hypervisor.reports(AbortSignal.any([stop.signal, signal()]))[Symbol.asyncIterator]();
    const seen = async (wanted: Partial<GuestReport>): Promise<void> => {
      for (;;) {
        const { value, done } = await reports.next();
        if (done) throw new Error('no such report');
        if (value.id === wanted.id && value.power === wanted.power) return;
      }
    };
    await seen({ id: dies.id, power: 'running' });

    await libvirt.kill();
    await expect(hypervisor.observe(signal())).rejects.toBeInstanceOf(DriverUnavailable);
    await libvirt.killGuest(`virga-${dies.id}`);
    await libvirt.start();

    await seen({ id: dies.id, power: 'crashed' });
    stop.abort();
    const guests = await hypervisor.observe(signal());
    expect(guests.find((guest) => guest.id === lives.id)).toMatchObject({ id: lives.id, generation: 1, power: 'running', portIds: [nic.portId] });
  });

  it('makes and removes a guest whole when the connection is cut at any call, before or after it was carried out', async () => {
    for (const when of ['before', 'after'] as const) {
      const line = await cuttableLine(join(directory, `line-${when}`), libvirt.socketPath);
      const cutter = await open(join(directory, `line-${when}`));
      for (let call = 1, wasCut = true; wasCut; call += 1) {
        const wanted = spec({ nics: [aNic()] });
        await cutter.observe(signal());
        line.cut(when, call);
        await cutter.ensureGuest(wanted, signal()).catch(expectUnavailable);
        wasCut = line.wasCut();
        await cutter.ensureGuest(wanted, signal());
        expect((await cutter.observe(signal())).filter((guest) => guest.id === wanted.id)).toMatchObject([{ generation: 1, power: 'running' }]);
        expect(await starts(wanted.id)).toBe(1);

        line.cut(when, call);
        await cutter.ensureNoGuest(wanted.id, 2, signal()).catch(expectUnavailable);
        line.wasCut();
        await cutter.ensureNoGuest(wanted.id, 2, signal());
        expect(await traces(wanted.id)).toEqual([]);
        expect(await hostNetwork.observeNics()).toEqual([]);
      }
      cutter.close();
      line.close();
    }
  }, 60_000);

  it('swaps volumes whole, with all that they hold, when the connection is cut at any call', async () => {
    const filled = async (): Promise<GuestVolume> => {
      const made = await volume('vdb');
      await onVolume(made, 'write -P 0x5a 1M 64k');
      return made;
    };
    const { id } = await given();
    await isUp(id);
    let [uses, spare] = [await filled(), await volume('vdb')];
    let generation = 2;
    await hypervisor.ensureDisk(id, generation, uses, signal());
    for (const when of ['before', 'after'] as const) {
      const line = await cuttableLine(join(directory, `swap-${when}`), libvirt.socketPath);
      const cutter = await open(join(directory, `swap-${when}`));
      for (let call = 1, wasCut = true; wasCut; call += 1) {
        const swap = { attachmentId: uses.attachmentId, to: spare };
        await cutter.ensureDiskCopied(id, ++generation, swap, signal());
        line.cut(when, call);
        generation += 1;
        await cutter.ensureDiskSwapped(id, generation, swap, signal()).catch(expectUnavailable);
        wasCut = line.wasCut();
        await cutter.ensureDiskSwapped(id, generation, swap, signal());
        expect((await cutter.observe(signal())).find((guest) => guest.id === id)).toMatchObject({ generation, attachmentIds: [spare.attachmentId] });
        expect(await virsh('domblklist', id)).toContain(spare.attachmentId);
        [uses, spare] = [spare, uses];
        await onVolume(spare, 'write -z 1M 64k');
      }
      cutter.close();
      line.close();
    }
    await hypervisor.ensureNoDisk(id, generation + 1, uses.attachmentId, signal());
    await onVolume(uses, 'read -P 0x5a 1M 64k');
  }, 120_000);

  it('swaps a volume for a larger one, of which the guest sees as much as it had until it is told of more, or boots again', async () => {
    const { id } = await given();
    await isUp(id);
    const [old, to] = [await volume('vdb'), await volume('vdb')];
    await onVolume(old, 'write -P 0x5a 1M 64k');
    await volumes.ensureSize({ id: to.volumeId, generation: 2, sizeBytes: 16_777_216 }, signal());
    const swap = { attachmentId: old.attachmentId, to, sizeBytes: 8_388_608 };
    await hypervisor.ensureDisk(id, 2, old, signal());
    await hypervisor.ensureDiskCopied(id, 3, swap, signal());
    await hypervisor.ensureDiskSwapped(id, 4, swap, signal());
    expect((await diskOf(id, old))?.image['virtual-size']).toBe(8_388_608);
    const tell = (generation: number, sizeBytes: number): Promise<void> => hypervisor.ensureDiskSize(id, generation, { attachmentId: to.attachmentId, sizeBytes }, signal());
    await tell(5, 16_777_216);
    expect((await diskOf(id, old))?.image['virtual-size']).toBe(16_777_216);
    await volumes.ensureSize({ id: to.volumeId, generation: 3, sizeBytes: 33_554_432 }, signal());
    await tell(6, 33_554_432);
    await tell(6, 33_554_432);
    expect((await diskOf(id, old))?.image['virtual-size']).toBe(33_554_432);
    await hypervisor.ensurePower({ id, generation: 7, power: 'running', restart: 'hard', graceSeconds: 0 }, signal());
    expect((await diskOf(id, to))?.image['virtual-size']).toBe(33_554_432);
    await hypervisor.ensurePower({ id, generation: 8, power: 'shutdown', graceSeconds: 0 }, signal());
    await onVolume(to, 'read -P 0x5a 1M 64k');
  }, 60_000);

  it('makes images that hold what the disk held, and stand alone, also after a copy that was interrupted', async () => {
    const [{ id }, name] = [await given(), newId()];
    await isUp(id);
    await virsh('blockcopy', id, 'vda', join(directory, 'instances', id, 'image-forgotten.part'), '--transient-job', '--wait', '--timeout', '20').catch(() => undefined);
    await hypervisor.ensureDiskImage(id, 2, name, signal());
    const file = join(directory, 'instances', id, `image-${name}`);

    const { stdout } = await run('qemu-img', ['info', '--output=json', file]);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'qcow2', 'virtual-size': 4_194_304 });
    expect(stdout).not.toContain('backing');
    expect((await readdir(join(directory, 'instances', id))).filter((found) => found.startsWith('image-'))).toEqual([`image-${name}`]);
    await run('qemu-img', ['convert', '-O', 'raw', file, join(directory, 'copy.raw')]);
    expect((await readFile(join(directory, 'copy.raw'))).subarray(0, 512)).toEqual(image.subarray(0, 512));
    expect(await virsh('blockjob', id, 'vda')).toContain('No current block job');
  });

  it('takes over the guests of the process before it', async () => {
    const { id } = await given({ generation: 6 });
    const successor = await open();

    await expect(successor.ensurePower({ id, generation: 5, power: 'shutdown' }, signal())).rejects.toThrow();
    await successor.ensurePower({ id, generation: 7, power: 'shutdown', graceSeconds: 0 }, signal());

    expect(await hypervisor.observe(signal())).toContainEqual(expect.objectContaining({ id, generation: 7, power: 'shutdown', portIds: [] }));
    successor.close();
  });

  it('reports a guest that shuts down or dies by itself', async () => {
    const { id } = await given();
    const reports = hypervisor.reports(signal())[Symbol.asyncIterator]();
    const next = async (power: string): Promise<GuestReport> => {
      for (;;) {
        const { value } = await reports.next() as { value: GuestReport };
        if (value.id === id && value.power === power) return value;
      }
    };
    await next('running');

    await libvirt.killGuest(`virga-${id}`);

    expect(await next('crashed')).toMatchObject({ id, generation: 1, power: 'crashed', portIds: [] });
  });

  it('starts from the first boot after the host lost its taps', async () => {
    const nic = aNic();
    const { id } = await given({ nics: [nic] });
    await hypervisor.ensurePower({ id, generation: 2, power: 'shutdown', graceSeconds: 0 }, signal());
    await hostNetwork.ensureNoNic(nic.portId);

    await hypervisor.ensurePower({ id, generation: 3, power: 'running' }, signal());

    expect((await hostNetwork.observeNics()).map((found) => found.portId)).toContain(nic.portId);
  });

  it('keeps the base image for as long as a guest uses it, and no longer', async () => {
    const { id } = await given();
    const cached = join(directory, 'images', seed.sha512);
    await access(cached);

    await hypervisor.ensureNoGuest(id, 2, signal());

    await expect(access(cached)).rejects.toThrow('ENOENT');
  });

  it('refuses to give a guest an empty disk in place of one that is gone', async () => {
    const wanted = await given();
    await hypervisor.ensurePower({ id: wanted.id, generation: 2, power: 'shutdown', graceSeconds: 0 }, signal());
    await rm(join(directory, 'instances', wanted.id, 'vda.qcow2'));

    await expect(hypervisor.ensureGuest({ ...wanted, generation: 3 }, signal())).rejects.toBeInstanceOf(Refused);
  });
});
