import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { newId, systemClock, type VolumeId } from '@virga/kernel';
import { DriverUnavailable, Refused, type ExportAddress, type ExportRequest } from '@virga/ports';
import { NbdClient } from './nbd/nbd-client.js';
import { makeCertificates } from './testing/certificates.js';
import { within } from '@virga/ports/testing';
import { VolumeFileBackend } from './volume-file-backend.js';

const run = promisify(execFile);
const MEBIBYTE = 1024 * 1024;
type TlsAddress = Extract<ExportAddress, { kind: 'nbd-tls' }>;

/**
 * The whole of 127.0.0.0/8 is this machine: each process of tests has an address of its own there, and ports below those that the
 * kernel gives to anybody's connections.
 */
const ADDRESS = `127.${64 + (process.pid >> 16)}.${(process.pid >> 8) & 255}.${process.pid & 255}`;
const PORTS = { first: 24_000, last: 24_001 };

describe('volumes for other hosts', () => {
  let directory: string;
  let backend: VolumeFileBackend;

  const open = (): Promise<VolumeFileBackend> => VolumeFileBackend.open({
    directory: join(directory, 'store'), runDirectory: join(directory, 'run'), ownHost: 'storage-1', clock: systemClock,
    gates: { address: ADDRESS, ports: PORTS, pkiDirectory: join(directory, 'pki', 'storage-1'), identityOf: (host) => `O=Virga,CN=${host}` },
  }, within());
  const request = (volumeId: VolumeId, host: string): ExportRequest =>
    ({ attachmentId: newId(), generation: 1, volumeId, host, isReadOnly: false, isShared: true });
  const given = async (): Promise<VolumeId> => {
    const id = newId<'volume'>();
    await backend.ensureVolume({ id, generation: 1, sizeBytes: 8 * MEBIBYTE, source: { kind: 'empty' } }, within());
    return id;
  };
  const exported = async (wanted: ExportRequest): Promise<TlsAddress> => await backend.ensureExport(wanted, within()) as TlsAddress;
  /** QEMU itself as the host's guest, with that host's certificate. */
  const as = async (host: string, { address, port, exportName }: TlsAddress, ...commands: string[]): Promise<string> => (await run('qemu-io', [
    '--object', `tls-creds-x509,id=tls,dir=${join(directory, 'pki', host)},endpoint=client`, '--image-opts',
    `driver=nbd,host=${address},port=${port},export=${exportName},tls-creds=tls`, ...commands.flatMap((command) => ['-c', command]),
  ])).stdout;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vgate-'));
    await makeCertificates(join(directory, 'pki'), ['storage-1', 'node-1', 'node-2'], ADDRESS);
    backend = await open();
  });
  afterAll(async () => {
    await backend?.shutDown();
    await rm(directory, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const { id, exports } of (await backend.observe(within())).volumes) {
      for (const { attachmentId } of exports) await backend.ensureNoExport(attachmentId, 99, within());
      await backend.ensureNoVolume(id, 99, within());
    }
    await backend.tend(within());
    expect((await readdir(join(directory, 'run'))).filter((name) => name.startsWith('gate'))).toEqual([]);
  });

  it('lets a host have its volume by its own certificate, and no other host', async () => {
    const address = await exported(request(await given(), 'node-1'));

    expect(await as('node-1', address, 'write -P 3 0 64k', 'read -P 3 0 64k')).toContain('read 65536/65536');
    await expect(as('node-2', address, 'read 0 512')).rejects.toThrow();
    await expect(run('qemu-io', ['-f', 'raw', '-c', 'read 0 512', `nbd://${ADDRESS}:${address.port}/${address.exportName}`])).rejects.toThrow();
  });

  it('is read by our own client with the host\'s certificate, and with no other', async () => {
    const address = await exported(request(await given(), 'node-1'));
    await as('node-1', address, 'write -P 9 0 64k');

    const client = await NbdClient.connectTo(address, join(directory, 'pki', 'node-1'), within());
    expect((await client.read(0, 65_536)).equals(Buffer.alloc(65_536, 9))).toBe(true);
    expect(client.sizeBytes).toBe(8 * MEBIBYTE);
    client.close();
    await expect(NbdClient.connectTo(address, join(directory, 'pki', 'node-2'), within())).rejects.toBeInstanceOf(DriverUnavailable);
  });

  it('shows a host nothing of what other hosts have', async () => {
    const [mine, theirs] = [await exported(request(await given(), 'node-1')), await exported(request(await given(), 'node-2'))];

    expect(mine.port).not.toBe(theirs.port);
    await expect(as('node-1', { ...mine, exportName: theirs.exportName }, 'read 0 512')).rejects.toThrow();
    await expect(as('node-1', theirs, 'read 0 512')).rejects.toThrow();
  });

  it('lets two hosts have one volume, as for a live migration, and cuts off one of them', async () => {
    const id = await given();
    const [source, destination] = [request(id, 'node-1'), request(id, 'node-2')];
    const [from, to] = [await exported(source), await exported(destination)];
    await as('node-1', from, 'write -P 5 0 512');

    expect(await as('node-2', to, 'read -P 5 0 512')).not.toContain('failed');
    await backend.ensureNoExport(source.attachmentId, 2, within());

    await expect(as('node-1', from, 'read 0 512')).rejects.toThrow();
    expect(await as('node-2', to, 'read -P 5 0 512')).toContain('read 512/512');
  });

  it('keeps the address when gates and vault are killed, and when the volume grows', async () => {
    const id = await given();
    const wanted = request(id, 'node-1');
    const address = await exported(wanted);
    await as('node-1', address, 'write -P 6 0 512');
    const daemons = (await readdir(join(directory, 'run'))).filter((name) => name.endsWith('.pid'));
    for (const daemon of daemons) process.kill(Number(await readFile(join(directory, 'run', daemon), 'utf8')), 'SIGKILL');
    for (const deadline = within(); !deadline.aborted; await pause(20)) {
      if (await as('node-1', address, 'read -P 6 0 512').then(() => true, () => false)) break;
    }

    await backend.ensureSize({ id, generation: 2, sizeBytes: 16 * MEBIBYTE }, within());

    expect(daemons).toHaveLength(2);
    expect(await exported(wanted)).toEqual(address);
    expect(await as('node-1', address, 'write -P 7 15M 512', 'read -P 6 0 512')).not.toContain('failed');
  });

  it('passes over a port that another program has', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => { other.listen(PORTS.first, ADDRESS, resolve); });
    const id = await given();

    expect((await exported(request(id, 'node-1'))).port).toBe(PORTS.last);
    await expect(exported(request(id, 'node-2'))).rejects.toBeInstanceOf(DriverUnavailable);

    await new Promise<void>((resolve) => { other.close(() => resolve()); });
    expect((await exported(request(id, 'node-2'))).port).toBe(PORTS.first);
  });

  it('refuses a host where there is no port left, and one whose certificates it was not given', async () => {
    const id = await given();
    for (const host of ['node-1', 'node-2']) await exported(request(id, host));
    await expect(exported(request(id, 'node-3'))).rejects.toBeInstanceOf(DriverUnavailable);
    expect((await backend.observe(within())).volumes[0]?.exports).toHaveLength(2);

    const alone = await VolumeFileBackend.open({ directory: join(directory, 'alone'), runDirectory: join(directory, 'run-alone'), ownHost: 'storage-1', clock: systemClock }, within());
    await alone.ensureVolume({ id, generation: 1, sizeBytes: MEBIBYTE, source: { kind: 'empty' } }, within());
    await expect(alone.ensureExport(request(id, 'node-1'), within())).rejects.toBeInstanceOf(Refused);
    expect((await alone.observe(within())).volumes[0]?.exports).toEqual([]);
    await alone.shutDown();
  });
});
