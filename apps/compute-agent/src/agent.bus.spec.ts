import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageBody, MessageContract } from '@virga/contract';
import {
  commandFailed, consoleOutput, ensureDisk, ensureDiskCopied, ensureDiskImage, ensureDiskSize, ensureDiskSwapped, ensureGuest, ensureNoDisk, ensureNoDiskImage, ensureNoGuest, ensurePower,
  guestReport, hostReport, uploadDiskImage, type GuestCommand, type GuestVolumeSpec,
} from '@virga/contracts-compute';
import { SimHypervisor } from '@virga/driver-libvirt/sim';
import { SimHostNetwork } from '@virga/driver-ovs/sim';
import { systemClock, type AttachmentId, type ServerId } from '@virga/kernel';
import { AgentBus, commandQueue, onReport, seal, ServiceBus } from '@virga/messaging';
import { silentLogger } from '@virga/observability';
import { useBroker } from '@virga/testing';
import { Agent } from './agent.js';
import { ImageSource } from './guests/index.js';
import { MetadataForwarder, MetadataRecords } from './metadata/index.js';

/** An image that was deleted. */
const GONE = randomUUID();
const BUSY = randomUUID();
const address = { host: 'node-1', agent: 'compute-agent' };

function aGuest(over: Partial<GuestCommand> = {}): GuestCommand {
  return {
    id: randomUUID(), generation: 1, name: 'web', projectId: 'p', userId: 'u', vcpus: 1, memoryMebibytes: 96,
    disks: [{ target: 'vda', role: 'root', sizeBytes: 2 ** 30, seed: null }],
    nics: [{
      portId: randomUUID(), mac: 'fa:16:3e:00:00:01', mtu: 1442, networkId: randomUUID(),
      metadata: { portId: randomUUID(), mac: 'fa:16:3e:00:00:02', addresses: ['10.0.0.2/24'] },
    }],
    facts: { flavorName: 'm1.nano', imageId: 'i' },
    ...over,
  };
}

function aVolume(target: string): GuestVolumeSpec {
  return {
    attachmentId: randomUUID(), volumeId: randomUUID(), target, isReadOnly: false, isShared: false, limits: { totalBytes: 1_000_000 },
    connection: { kind: 'nbd-unix', socketPath: '/run/vault.sock', exportName: target },
  };
}

describe('the compute agent', () => {
  const broker = useBroker();
  let directory: string;
  let service: ServiceBus;
  let agent: Agent;
  let hypervisor: SimHypervisor;
  let hostNetwork: SimHostNetwork;
  /** What was uploaded, by the path; an image named `gone` takes nothing, and one that is being written nothing now. */
  const uploads = new Map<string, { ticket: unknown; length: unknown; bytes: string }>();
  const imageService = createServer((asked, reply) => {
    let bytes = '';
    asked.on('data', (chunk) => { bytes += String(chunk); });
    asked.on('end', () => {
      if (asked.url?.includes(BUSY) === true) return void reply.writeHead(asked.method === 'GET' ? 200 : 409).end('{"status": "saving"}');
      const isGone = asked.url?.includes(GONE) === true;
      if (!isGone) uploads.set(`${asked.method} ${asked.url}`, { ticket: asked.headers['x-virga-image-ticket'], length: asked.headers['content-length'], bytes });
      reply.writeHead(isGone ? 404 : 204).end();
    });
  });
  const heard: { type: string; body: { id?: string; generation?: number; power?: string | null; isFinal?: boolean; attachmentIds?: string[] } }[] = [];
  const listeners = new Set<() => void>();
  const hear = (type: string, body: unknown): void => {
    heard.push({ type, body: body as never });
    for (const listener of listeners) listener();
  };

  async function start(): Promise<void> {
    agent = new Agent({
      host: address.host, availabilityZone: 'nova', version: '1', hypervisor, hostNetwork, images: new ImageSource(`http://127.0.0.1:${(imageService.address() as AddressInfo).port}`),
      bus: new AgentBus({ ...address, url: broker.url, logger: silentLogger }), records: await MetadataRecords.open(directory), logger: silentLogger, clock: systemClock,
    });
    await agent.start();
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'virga-agent-'));
    await new Promise<void>((resolve) => { imageService.listen(0, '127.0.0.1', resolve); });
    service = new ServiceBus({ service: 'compute', url: broker.url, logger: silentLogger });
    service.onReports('compute-agent', [
      onReport(guestReport, async (body) => hear('guest', body)),
      onReport(commandFailed, async (body) => hear('failed', body)),
      onReport(hostReport, async (body) => hear('host', body)),
    ]);
    await service.start();
    await service.declareAgent(address);
    hostNetwork = new SimHostNetwork();
    hypervisor = new SimHypervisor({ hostNetwork, memoryMebibytes: 4096 });
    await start();
  }, 120_000);
  afterAll(async () => {
    await agent.stop();
    imageService.close();
    imageService.closeAllConnections();
    await service.close(AbortSignal.timeout(2_000));
    await rm(directory, { recursive: true });
  });

  /** Resolves when a report like this was heard, now or later. */
  function told(type: string, like: (body: (typeof heard)[number]['body']) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!heard.some((report) => report.type === type && like(report.body))) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
    });
  }

  async function command<Contract extends MessageContract>(contract: Contract, body: MessageBody<Contract>): Promise<void> {
    await service.publisher.publish({ exchange: '', key: commandQueue(address) }, seal(contract, body as never, systemClock.now()));
  }

  /** The guest is reported gone before its network is tidied up. */
  async function untilNetworks(expected: (string | undefined)[]): Promise<void> {
    const deadline = performance.now() + 5_000;
    let found = await hostNetwork.observeMetadata(AbortSignal.timeout(1_000));
    while (JSON.stringify(found) !== JSON.stringify(expected) && performance.now() < deadline) {
      await new Promise((resolve) => { setImmediate(resolve); });
      found = await hostNetwork.observeMetadata(AbortSignal.timeout(1_000));
    }
    expect(found).toEqual(expected);
  }

  const aliveIds = (): string[] => hypervisor.guests().map(({ id }) => id);

  it('says what the host has', async () => {
    await told('host', (body) => (body as MessageBody<typeof hostReport>).resources.memoryMebibytes === 4096);
  });

  it('makes a guest with its metadata service, restarts it, and leaves nothing when it goes', async () => {
    const guest = aGuest();
    await command(ensureGuest, guest);
    await told('guest', ({ id, generation, power }) => id === guest.id && generation === 1 && power === 'running');
    expect(hostNetwork.plugged()).toEqual([expect.objectContaining({ portId: guest.nics[0]?.portId })]);
    expect(await hostNetwork.observeMetadata(AbortSignal.timeout(1_000))).toEqual([guest.nics[0]?.networkId]);
    await command(ensurePower, { id: guest.id, generation: 2, power: 'shutdown', restart: null, graceSeconds: 0, guest: null });
    await told('guest', ({ id, generation, power }) => id === guest.id && generation === 2 && power === 'shutdown');
    await command(ensureNoGuest, { id: guest.id, generation: 3 });
    await told('guest', ({ id, generation, power }) => id === guest.id && generation === 3 && power === null);
    expect(aliveIds()).not.toContain(guest.id);
    expect(hostNetwork.plugged()).toEqual([]);
    await untilNetworks([]);
  });

  it('keeps a network\'s metadata service while another guest needs it', async () => {
    const first = aGuest();
    const second = aGuest({ nics: first.nics.map((nic) => ({ ...nic, portId: randomUUID() })) });
    for (const guest of [first, second]) {
      await command(ensureGuest, guest);
      await told('guest', ({ id, power }) => id === guest.id && power === 'running');
    }
    await command(ensureNoGuest, { id: first.id, generation: 2 });
    await told('guest', ({ id, power }) => id === first.id && power === null);
    await untilNetworks([second.nics[0]?.networkId]);
    await command(ensureNoGuest, { id: second.id, generation: 2 });
    await told('guest', ({ id, power }) => id === second.id && power === null);
    await untilNetworks([]);
  });

  it('gives a guest its volumes, tells it of their growth, takes them away, and reports which it has', async () => {
    const [first, second] = [aVolume('vdb'), aVolume('vdc')];
    const guest = aGuest({ volumes: [first] });
    await command(ensureGuest, guest);
    await told('guest', ({ id, generation, attachmentIds }) => id === guest.id && generation === 1 && attachmentIds?.join() === first.attachmentId);
    await command(ensureDisk, { id: guest.id, generation: 2, volume: second });
    await told('guest', ({ id, attachmentIds }) => id === guest.id && attachmentIds?.length === 2);
    expect(hypervisor.guests().find(({ id }) => id === guest.id)?.spec.volumes).toEqual([first, second]);
    await command(ensureDiskSize, { id: guest.id, generation: 3, attachmentId: second.attachmentId, sizeBytes: 2 ** 31 });
    await told('guest', ({ id, generation }) => id === guest.id && generation === 3);
    expect(hypervisor.diskSize(guest.id as ServerId, second.attachmentId as AttachmentId)).toBe(2 ** 31);
    await command(ensureNoDisk, { id: guest.id, generation: 4, attachmentId: first.attachmentId });
    await told('guest', ({ id, generation, attachmentIds }) => id === guest.id && generation === 4 && attachmentIds?.join() === second.attachmentId);
    // A restart that says nothing of volumes leaves them as they are.
    await command(ensureGuest, aGuest({ id: guest.id, generation: 5, nics: guest.nics }));
    await told('guest', ({ id, generation, attachmentIds }) => id === guest.id && generation === 5 && attachmentIds?.join() === second.attachmentId);
  });

  it('swaps a volume of a guest for another that holds the same', async () => {
    const [old, to] = [aVolume('vdb'), aVolume('vdb')];
    const guest = aGuest({ volumes: [old] });
    const swap = { id: guest.id, attachmentId: old.attachmentId, to };
    await command(ensureGuest, guest);
    await told('guest', ({ id, generation }) => id === guest.id && generation === 1);
    await command(ensureDiskCopied, { ...swap, generation: 2 });
    await told('guest', ({ id, generation, attachmentIds }) => id === guest.id && generation === 2 && attachmentIds?.join() === old.attachmentId);
    await command(ensureDiskSwapped, { ...swap, generation: 3 });
    await told('guest', ({ id, generation, attachmentIds }) => id === guest.id && generation === 3 && attachmentIds?.join() === to.attachmentId);
  });

  it('uploads what a guest\'s disk held to an image, and says whether an image that does not take it ever will', async () => {
    const [guest, imageId] = [aGuest(), randomUUID()];
    // One after the other: a newer command ends the waiting of an older one.
    const obeyed = (wanted: number): Promise<void> => told('guest', ({ id, generation }) => id === guest.id && generation === wanted);
    await command(ensureGuest, guest);
    await obeyed(1);
    await command(ensureDiskImage, { id: guest.id, generation: 2, imageId });
    await obeyed(2);
    await command(uploadDiskImage, { id: guest.id, generation: 3, imageId, ticket: 'opens it' });
    await obeyed(3);
    expect(uploads.get(`PUT /v2/images/${imageId}/file`)).toEqual({ ticket: 'opens it', length: '11', bytes: 'disk of web' });
    await command(ensureDiskImage, { id: guest.id, generation: 4, imageId: GONE });
    await obeyed(4);
    await command(uploadDiskImage, { id: guest.id, generation: 5, imageId: GONE, ticket: 'opens it' });
    await told('failed', ({ id, generation, isFinal }) => id === guest.id && generation === 5 && isFinal === true);
    await command(ensureNoDiskImage, { id: guest.id, generation: 6, imageId: GONE });
    await obeyed(6);
    await command(ensureDiskImage, { id: guest.id, generation: 7, imageId: BUSY });
    await obeyed(7);
    await command(uploadDiskImage, { id: guest.id, generation: 8, imageId: BUSY, ticket: 'opens it' });
    await told('failed', ({ id, generation, isFinal }) => id === guest.id && generation === 8 && isFinal === false);
  });

  it('reports a command that cannot be carried out, and whether it ever could', async () => {
    const hopeless = aGuest();
    await command(ensurePower, { id: hopeless.id, generation: 1, power: 'running', restart: null, graceSeconds: null, guest: null });
    await told('failed', ({ id, isFinal }) => id === hopeless.id && isFinal === true);
    const unlucky = aGuest();
    hypervisor.fail(5);
    await command(ensureGuest, unlucky);
    await told('failed', ({ id, isFinal }) => id === unlucky.id && isFinal === false);
  });

  it('tries again what could not be reached for a moment, and says nothing of it', async () => {
    const guest = aGuest();
    hypervisor.fail(2);
    await command(ensureGuest, guest);
    await told('guest', ({ id, power }) => id === guest.id && power === 'running');
    expect(heard.filter(({ type, body }) => type === 'failed' && body.id === guest.id)).toEqual([]);
  });

  it('does not bring a deleted guest back when its creation comes late', async () => {
    const guest = aGuest();
    await command(ensureNoGuest, { id: guest.id, generation: 2 });
    await command(ensureGuest, guest);
    const marker = aGuest();
    await command(ensureGuest, marker);
    await told('guest', ({ id, power }) => id === marker.id && power === 'running');
    expect(aliveIds()).not.toContain(guest.id);
  });

  it('knows after a restart which metadata networks its guests need', async () => {
    const guest = aGuest();
    await command(ensureGuest, guest);
    await told('guest', ({ id, power }) => id === guest.id && power === 'running');
    await agent.stop();
    const networkId = guest.nics[0]?.networkId as string;
    await hostNetwork.ensureNoMetadata(networkId, AbortSignal.timeout(1_000));
    await start();
    const marker = aGuest();
    await command(ensureGuest, marker);
    await told('guest', ({ id, power }) => id === marker.id && power === 'running');
    expect(await hostNetwork.observeMetadata(AbortSignal.timeout(1_000))).toContain(networkId);
  });

  it('shows the end of a guest\'s console', async () => {
    const guest = aGuest();
    await command(ensureGuest, guest);
    await told('guest', ({ id, power }) => id === guest.id && power === 'running');
    const { output } = await service.calls.call(consoleOutput, { id: guest.id, maxBytes: 1_000 }, { idempotencyKey: randomUUID(), to: address });
    expect(output.length).toBeGreaterThan(0);
  });
});

describe('the metadata forwarder', () => {
  it('signs the network and the address that the proxy wrote, and passes the answer back', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'virga-forwarder-'));
    const seen: Record<string, unknown>[] = [];
    const compute = createServer((asked, reply) => {
      seen.push({ ...asked.headers, url: asked.url });
      reply.writeHead(200, { 'content-type': 'text/plain' }).end('i-1');
    });
    await new Promise<void>((resolve) => { compute.listen(0, '127.0.0.1', resolve); });
    const socket = join(directory, 'metadata.sock');
    const forwarder = new MetadataForwarder({ socket, computeUrl: `http://127.0.0.1:${(compute.address() as AddressInfo).port}`, host: 'node-1', key: 's3cret', logger: silentLogger });
    await forwarder.listen();
    const ask = (headers: Record<string, string>): Promise<{ status: number | undefined; body: string }> => new Promise((resolve, reject) => {
      const asking = request({ socketPath: socket, path: '/latest/meta-data/instance-id', headers }, (answer) => {
        let body = '';
        answer.on('data', (chunk) => { body += String(chunk); });
        answer.on('end', () => resolve({ status: answer.statusCode, body }));
      });
      asking.on('error', reject);
      asking.end();
    });
    expect(await ask({ 'x-virga-network-id': 'n1', 'x-forwarded-for': '10.0.0.5', 'x-virga-signature': 'forged', 'x-auth-token': 'no' })).toEqual({ status: 200, body: 'i-1' });
    const { createHmac } = await import('node:crypto');
    expect(seen[0]).toMatchObject({
      url: '/latest/meta-data/instance-id', 'x-virga-host': 'node-1', 'x-virga-network-id': 'n1', 'x-forwarded-for': '10.0.0.5',
      'x-virga-signature': createHmac('sha256', 's3cret').update('node-1\nn1\n10.0.0.5').digest('hex'),
    });
    expect(seen[0]).not.toHaveProperty('x-auth-token');
    expect((await ask({ 'x-forwarded-for': '10.0.0.5' })).status).toBe(400);
    compute.close();
    compute.closeAllConnections();
    expect((await ask({ 'x-virga-network-id': 'n1', 'x-forwarded-for': '10.0.0.5' })).status).toBe(503);
    await forwarder.close();
    await rm(directory, { recursive: true });
  });
});
