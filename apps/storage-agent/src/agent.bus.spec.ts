import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageBody, MessageContract } from '@virga/contract';
import {
  ensureExport, ensureNoExport, ensureNoSnapshot, ensureNoVolume, ensureSnapshots, ensureVolume, ensureVolumeSize, exportReport, hostStorageKey,
  isVolumeKeyRequest, removeBackup, restoreBackup, sealPassphrase, snapshotReport, storageCommandFailed, storageReport, taskReport, uploadVolume,
  volumeReport, writeBackup,
} from '@virga/contracts-block-storage';
import { SimVolumeBackend } from '@virga/driver-volume-file/sim';
import { systemClock } from '@virga/kernel';
import { AgentBus, commandQueue, onReport, seal, ServiceBus } from '@virga/messaging';
import { silentLogger } from '@virga/observability';
import { useBroker } from '@virga/testing';
import { Agent } from './agent.js';
import { SourceDisks } from './copies/index.js';
import { ImageService } from './images/index.js';
import { VolumeKeySource } from './keys/index.js';
import { DurableDirectory } from './tasks/index.js';

const MEBIBYTE = 2 ** 20;
const HOST = 'storage-1';
const address = { host: HOST, agent: 'storage-agent' };
const hostKey = hostStorageKey('the installation\'s', HOST);

/** What the services answer: images by id, and passphrases by key id. */
class Services {
  readonly images = new Map<string, Buffer>();
  readonly passphrases = new Map<string, string>();
  /** Uploads wait for this. */
  gate: Promise<void> = Promise.resolve();
  /** The answer to an upload that was taken waits for this. */
  answering: Promise<void> = Promise.resolve();
  /** How often bytes were taken. */
  uploads = 0;
  readonly taken = new Set<() => void>();
  private readonly server: Server = createServer((request, reply) => void this.answer(request, reply).catch(() => reply.destroy()));

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => { this.server.listen(0, '127.0.0.1', resolve); });
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const id = path.split('/')[3] ?? '';
    if (path.startsWith('/x/volume-keys/')) return this.key(id, request, reply);
    if (request.headers['x-virga-image-ticket'] !== `ticket for ${id}`) return void reply.writeHead(403).end();
    if (request.method === 'PUT') return this.keep(id, request, reply);
    if (path === `/v2/images/${id}`) return this.show(id, reply);
    const found = this.images.get(id);
    reply.writeHead(found ? 200 : 404).end(found);
  }

  private key(keyId: string, { headers }: IncomingMessage, reply: ServerResponse): void {
    const asked = { host: String(headers['x-virga-host']), keyId, time: Number(headers['x-virga-time']) };
    if (asked.host !== HOST || !isVolumeKeyRequest(hostKey, asked, String(headers['x-virga-signature']), systemClock.now())) return void reply.writeHead(401).end();
    const passphrase = this.passphrases.get(keyId);
    if (passphrase === undefined) return void reply.writeHead(404).end();
    reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ sealed: sealPassphrase(hostKey, asked, passphrase) }));
  }

  /** As the image service does: an image that is not there yet waits for its bytes. */
  private show(id: string, reply: ServerResponse): void {
    const bytes = this.images.get(id);
    const hash = bytes === undefined ? null : createHash('sha512').update(bytes).digest('hex');
    const state = { id, status: bytes === undefined ? 'queued' : 'active', size: bytes?.length ?? null, os_hash_algo: hash && 'sha512', os_hash_value: hash };
    reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(state));
  }

  private async keep(id: string, request: IncomingMessage, reply: ServerResponse): Promise<void> {
    await this.gate;
    if (this.images.has(id)) return void reply.writeHead(409).end();
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    this.images.set(id, Buffer.concat(parts));
    this.uploads += 1;
    this.taken.forEach((tell) => tell());
    await this.answering;
    reply.writeHead(204).end();
  }
}

describe('the storage agent', () => {
  const broker = useBroker();
  const services = new Services();
  const heard: { contract: MessageContract; body: unknown }[] = [];
  const listeners = new Set<() => void>();
  let url: string;
  let directory: string;
  let service: ServiceBus;
  let agent: Agent;
  let store: SimVolumeBackend;

  const hear = <Contract extends MessageContract>(contract: Contract) => onReport(contract, async (body) => {
    heard.push({ contract, body });
    for (const listener of listeners) listener();
  });

  async function start(): Promise<void> {
    agent = new Agent({
      host: HOST, availabilityZone: 'nova', version: '1', logger: silentLogger, clock: systemClock,
      bus: new AgentBus({ ...address, url: broker.url, logger: silentLogger }),
      backends: [{ name: 'file', kind: 'file', backend: store, promises: { reservedPercentage: 5, maxOverSubscriptionRatio: 2 } }],
      keys: new VolumeKeySource({ url, host: HOST, hostKey, clock: systemClock }), images: new ImageService(url),
      tasks: await DurableDirectory.open(join(directory, 'tasks')), backupDirectory: join(directory, 'backups'),
      sources: await SourceDisks.of({}),
    });
    await agent.start();
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vagent-'));
    url = await services.listen();
    service = new ServiceBus({ service: 'block-storage', url: broker.url, logger: silentLogger });
    service.onReports('storage-agent', [volumeReport, snapshotReport, exportReport, storageCommandFailed, taskReport, storageReport].map(hear));
    await service.start();
    await service.declareAgent(address);
    store = new SimVolumeBackend({ ownHost: HOST });
    await start();
  }, 120_000);
  afterAll(async () => {
    await agent.stop();
    await service.close(AbortSignal.timeout(2_000));
    services.close();
    await rm(directory, { recursive: true });
  });

  /** Resolves with the first report like this, heard now or later. */
  function told<Contract extends MessageContract>(contract: Contract, like: (body: MessageBody<Contract>) => boolean): Promise<MessageBody<Contract>> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = heard.find((report) => report.contract === contract && like(report.body as MessageBody<Contract>));
        if (found === undefined) return;
        listeners.delete(look);
        resolve(found.body as MessageBody<Contract>);
      };
      listeners.add(look);
      look();
    });
  }

  async function tell<Contract extends MessageContract>(contract: Contract, body: Omit<MessageBody<Contract>, 'backend'>): Promise<void> {
    const envelope = seal(contract, { backend: 'file', ...body }, systemClock.now());
    await service.publisher.publish({ exchange: '', key: commandQueue(address) }, envelope);
  }

  async function given(over: Partial<MessageBody<typeof ensureVolume>> = {}): Promise<string> {
    const id = randomUUID();
    await tell(ensureVolume, { id, generation: 1, sizeBytes: 4 * MEBIBYTE, source: { kind: 'empty' }, keyId: null, ...over });
    await told(volumeReport, (report) => report.id === id && report.generation === 1);
    return id;
  }

  const fromImage = (bytes: Buffer): Partial<MessageBody<typeof ensureVolume>> => {
    const imageId = randomUUID();
    services.images.set(imageId, bytes);
    return { source: { kind: 'image', imageId, format: 'raw', sizeBytes: bytes.length, ticket: `ticket for ${imageId}` } };
  };

  it('makes, grows and removes a volume, and says so', async () => {
    const id = await given();
    await tell(ensureVolumeSize, { id, generation: 2, sizeBytes: 8 * MEBIBYTE, keyId: null });
    expect(await told(volumeReport, (report) => report.id === id && report.generation === 2)).toMatchObject({ backend: 'file', sizeBytes: 8 * MEBIBYTE });
    await tell(ensureNoVolume, { id, generation: 3 });
    expect(await told(volumeReport, (report) => report.id === id && report.generation === 3)).toMatchObject({ sizeBytes: null });
  });

  it('takes an image\'s bytes from the image service', async () => {
    const bytes = randomBytes(MEBIBYTE);
    const id = await given(fromImage(bytes));
    const parts: Buffer[] = [];
    for await (const part of await store.read({ volumeId: id as never }, undefined, AbortSignal.timeout(5_000))) parts.push(part as Buffer);
    expect(Buffer.concat(parts).subarray(0, MEBIBYTE).equals(bytes)).toBe(true);
  });

  it('fetches the passphrase of an encrypted volume in its own name, and reports where it may not have it', async () => {
    const keyId = randomUUID();
    services.passphrases.set(keyId, 'generated');
    const id = await given({ keyId });
    const { volumes } = await store.observe(AbortSignal.timeout(5_000));
    expect(volumes.find((volume) => volume.id === id)?.keyId).toBe(keyId);

    const other = randomUUID();
    await tell(ensureVolume, { id: other, generation: 1, sizeBytes: MEBIBYTE, source: { kind: 'empty' }, keyId: randomUUID() });
    expect(await told(storageCommandFailed, (report) => report.id === other)).toMatchObject({ command: ensureVolume.type, isFinal: true });
  });

  it('takes snapshots together and gives a volume to a host, and to nobody after that', async () => {
    const [one, two] = [await given(), await given()];
    const snapshots = [one, two].map((volumeId) => ({ id: randomUUID(), generation: 1, volumeId, keyId: null }));
    await tell(ensureSnapshots, { snapshots });
    for (const { id, volumeId } of snapshots) expect(await told(snapshotReport, (report) => report.id === id)).toMatchObject({ volumeId, sizeBytes: 4 * MEBIBYTE });
    await tell(ensureNoSnapshot, { id: snapshots[0]?.id ?? '', generation: 2 });
    expect(await told(snapshotReport, ({ id, generation }) => id === snapshots[0]?.id && generation === 2)).toMatchObject({ sizeBytes: null });

    const attachmentId = randomUUID();
    await tell(ensureExport, { attachmentId, generation: 1, volumeId: one, host: HOST, isReadOnly: false, isShared: false, keyId: null });
    const exported = await told(exportReport, (report) => report.attachmentId === attachmentId);
    expect(exported).toMatchObject({ volumeId: one, isServed: true, address: { kind: 'nbd-unix', exportName: attachmentId } });
    await tell(ensureNoExport, { attachmentId, generation: 2 });
    expect(await told(exportReport, (report) => report.attachmentId === attachmentId && report.generation === 2)).toMatchObject({ address: null, isServed: false });
  });

  it('reports what cannot be carried out, and whether it ever could', async () => {
    const [unlucky, homeless] = [randomUUID(), randomUUID()];
    await tell(ensureVolume, { id: homeless, generation: 1, sizeBytes: MEBIBYTE, source: { kind: 'snapshot', snapshotId: randomUUID() }, keyId: null });
    await told(storageCommandFailed, ({ id, isFinal }) => id === homeless && isFinal);
    store.vanish();
    await tell(ensureVolume, { id: unlucky, generation: 1, sizeBytes: MEBIBYTE, source: { kind: 'empty' }, keyId: null });
    await told(storageCommandFailed, ({ id, isFinal }) => id === unlucky && !isFinal);
    store.comeBack();
  });

  it('says at its start all that it holds, and that an export waits for its key', async () => {
    const keyId = randomUUID();
    services.passphrases.set(keyId, 'generated');
    const [id, attachmentId] = [await given({ keyId }), randomUUID()];
    const wanted = { attachmentId, generation: 1, volumeId: id, host: 'node-2', isReadOnly: false, isShared: false, keyId };
    await tell(ensureExport, wanted);
    const { address: first } = await told(exportReport, (report) => report.attachmentId === attachmentId);
    await agent.stop();
    store.vanish();
    store.comeBack();
    heard.length = 0;
    await start();

    const { backends: [backend] } = await told(storageReport, ({ backends }) => backends[0]?.volumes.some((volume) => volume.id === id) === true);
    expect(backend).toMatchObject({ name: 'file', kind: 'file', isAvailable: true, capabilities: { isEncrypting: true }, reservedPercentage: 5, maxOverSubscriptionRatio: 2 });
    expect(backend?.exports).toContainEqual({ attachmentId, generation: 1, volumeId: id, address: first, isServed: false });
    await tell(ensureExport, wanted);
    expect(await told(exportReport, (report) => report.attachmentId === attachmentId)).toMatchObject({ address: first, isServed: true });
    await tell(ensureNoExport, { attachmentId, generation: 2 });
    await told(exportReport, (report) => report.attachmentId === attachmentId && report.address === null);
  });

  it('backs a snapshot up, restores it, and removes the backup', async () => {
    const bytes = randomBytes(MEBIBYTE);
    const [volumeId, snapshotId, taskId] = [await given(fromImage(bytes)), randomUUID(), randomUUID()];
    await tell(ensureSnapshots, { snapshots: [{ id: snapshotId, generation: 1, volumeId, keyId: null }] });
    await told(snapshotReport, (report) => report.id === snapshotId);
    const place = { kind: 'directory' as const, prefix: `${taskId}/` };
    const backup = { taskId, generation: 1, snapshotId, keyId: null, since: null, place, parent: null };
    await tell(writeBackup, backup);
    expect(await told(taskReport, (report) => report.taskId === taskId && report.state !== 'running')).toMatchObject({ state: 'done', percent: 100, objects: 2 });

    heard.length = 0;
    await tell(writeBackup, backup);
    expect(await told(taskReport, (report) => report.taskId === taskId)).toMatchObject({ state: 'done', objects: 2 });
    const target = await given();
    await tell(restoreBackup, { taskId, generation: 2, volumeId: target, volumeGeneration: 2, keyId: null, chain: [{ backupId: taskId, place }] });
    expect(await told(taskReport, (report) => report.generation === 2 && report.state !== 'running')).toMatchObject({ state: 'done' });
    const parts: Buffer[] = [];
    for await (const part of await store.read({ volumeId: target as never }, { first: 0, last: MEBIBYTE - 1 }, AbortSignal.timeout(5_000))) parts.push(part as Buffer);
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);

    await tell(removeBackup, { taskId, generation: 3, place });
    await told(taskReport, (report) => report.generation === 3 && report.state === 'done');
    expect((await readdir(join(directory, 'backups'), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())).toEqual([]);
    const late = randomUUID();
    await tell(restoreBackup, { taskId: late, generation: 1, volumeId: target, volumeGeneration: 3, keyId: null, chain: [{ backupId: taskId, place }] });
    expect(await told(taskReport, (report) => report.taskId === late && report.state === 'failed')).toMatchObject({ code: 'driver.backup.refused' });
  });

  it('uploads a volume as an image', async () => {
    const bytes = randomBytes(MEBIBYTE);
    const [volumeId, imageId] = [await given(fromImage(bytes)), randomUUID()];
    await tell(uploadVolume, { taskId: imageId, generation: 1, volumeId, keyId: null, imageId, diskFormat: 'qcow2', ticket: `ticket for ${imageId}` });
    const { sizeBytes } = await told(taskReport, (report) => report.taskId === imageId && report.state === 'done');

    const image = services.images.get(imageId);
    expect(image?.length).toBe(sizeBytes);
    expect(image?.toString('latin1', 0, 4)).toBe('QFI\xfb');
    expect(image?.includes(bytes.subarray(0, 65_536))).toBe(true);
  });

  it.each(['raw', 'qcow2'] as const)('finds that an image has its bytes, where it died before it was told so (%s)', async (diskFormat) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    services.answering = promise;
    const taken = new Promise<void>((tell) => { services.taken.add(tell); });
    const [volumeId, imageId] = [await given(fromImage(randomBytes(MEBIBYTE))), randomUUID()];
    const upload = { taskId: imageId, generation: 1, volumeId, keyId: null, imageId, diskFormat, ticket: `ticket for ${imageId}` };
    await tell(uploadVolume, upload);
    await taken;
    const before = services.uploads;

    await agent.stop();
    resolve();
    await start();
    await told(storageCommandFailed, ({ id, isFinal }) => id === imageId && !isFinal);
    await tell(uploadVolume, upload);
    expect(await told(taskReport, (report) => report.taskId === imageId && report.state === 'done')).toMatchObject({ sizeBytes: services.images.get(imageId)?.length });
    expect(services.uploads).toBe(before);
  });

  it('does not take an image that has other bytes for its own', async () => {
    const [volumeId, imageId] = [await given(fromImage(randomBytes(MEBIBYTE))), randomUUID()];
    services.images.set(imageId, randomBytes(4 * MEBIBYTE));
    await tell(uploadVolume, { taskId: imageId, generation: 1, volumeId, keyId: null, imageId, diskFormat: 'raw', ticket: `ticket for ${imageId}` });
    expect(await told(taskReport, (report) => report.taskId === imageId && report.state === 'failed')).toMatchObject({ code: 'driver.image.refused' });
  });

  it('gives up a task for a newer one of the same, and says after a restart that one broke off', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    services.gate = promise;
    const [volumeId, imageId] = [await given(), randomUUID()];
    const upload = { taskId: imageId, volumeId, keyId: null, imageId, diskFormat: 'raw' as const, ticket: `ticket for ${imageId}` };
    await tell(uploadVolume, { ...upload, generation: 1 });
    await told(taskReport, (report) => report.taskId === imageId && report.state === 'running');
    await tell(uploadVolume, { ...upload, generation: 2 });
    await told(taskReport, (report) => report.taskId === imageId && report.generation === 2 && report.state === 'running');
    heard.length = 0;

    await agent.stop();
    await start();
    await told(storageCommandFailed, ({ id, generation, isFinal }) => id === imageId && generation === 2 && !isFinal);
    resolve();
    await tell(uploadVolume, { ...upload, generation: 2 });

    expect(await told(taskReport, (report) => report.taskId === imageId && report.state === 'done')).toMatchObject({ generation: 2, sizeBytes: 4 * MEBIBYTE });
    expect(heard.filter(({ contract, body }) => contract === taskReport && (body as { generation: number }).generation === 1)).toEqual([]);
  });
});
