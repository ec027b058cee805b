import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PortId } from '@virga/kernel';
import { Refused, type MetadataNetwork } from '@virga/ports';
import { aHostNic, aMetadataNetwork, hostNetworkConformance } from './host-network.conformance.js';
import { OvsHostNetwork } from './ovs-host-network.js';
import { startPrivateOvs, type PrivateOvs } from './testing/private-ovs.js';

const run = promisify(execFile);
const signal = (): AbortSignal => AbortSignal.timeout(20_000);
const tag = randomUUID().slice(0, 8);

let directory: string;
let ovs: PrivateOvs;
let network: OvsHostNetwork;
let agent: Server;
const received: IncomingHttpHeaders[] = [];

const inHost = async (...command: string[]): Promise<string> => (await run('ip', ['netns', 'exec', ovs.networkNamespace, ...command])).stdout;
const vsctl = (...command: string[]): Promise<string> => inHost('ovs-vsctl', `--db=${ovs.database}`, '--timeout=10', ...command);

const open = (): Promise<OvsHostNetwork> => OvsHostNetwork.open({
  stateDirectory: join(directory, 'proxies'), metadataSocket: join(directory, 'agent.sock'), database: ovs.database,
  namespacePrefix: `vt-${tag}-`, networkNamespace: ovs.networkNamespace,
}, signal());

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vovs-'));
  await chmod(directory, 0o755);
  ovs = await startPrivateOvs(join(directory, 'ovs'), `vt-${tag}`);
  network = await open();
  agent = createServer((request, reply) => {
    received.push(request.headers);
    reply.end('metadata');
  });
  await new Promise<void>((resolve) => { agent.listen(join(directory, 'agent.sock'), resolve); });
  await chmod(join(directory, 'agent.sock'), 0o666);
});

afterAll(async () => {
  for (const id of await network?.observeMetadata(signal()) ?? []) await network.ensureNoMetadata(id, signal());
  await ovs?.stop();
  await new Promise((resolve) => { agent.close(resolve); });
  await rm(directory, { recursive: true, force: true });
});

hostNetworkConformance('OvsHostNetwork', () => network);

describe('OvsHostNetwork', () => {
  it('wires a tap under the id that OVN looks for, with the port\'s MTU, and guards it on the userspace data path', async () => {
    const nic = aHostNic();

    const tap = await network.ensureNic(nic, signal());

    expect(network.allowsOffloads).toBe(false);
    expect(await vsctl('get', 'Interface', tap, 'external_ids')).toContain(`attached-mac="${nic.mac}", iface-id="${nic.portId}"`);
    expect(JSON.parse(await inHost('ip', '-json', 'link', 'show', 'dev', tap))).toMatchObject([{ ifname: tap, mtu: 1442, flags: expect.arrayContaining(['UP']) }]);
    expect(JSON.parse(await inHost('ip', '-json', '-6', 'address', 'show', 'dev', tap))).toEqual([]);
    expect(await inHost('nft', 'list', 'table', 'netdev', 'virga_guard')).toMatch(new RegExp(`hook ingress device "?${tap}"? priority \\w+; policy drop;`));

    await network.ensureNoNic(nic.portId, signal());
    expect(await inHost('nft', 'list', 'table', 'netdev', 'virga_guard')).not.toContain(tap);
    expect(await inHost('ip', 'link')).not.toContain(tap);
  });

  it('does not take other people\'s namespaces for its networks, however they are called', async () => {
    const [foreign, own] = [`vt-${tag}-out`, aMetadataNetwork()];
    await run('ip', ['netns', 'add', foreign]);
    try {
      await network.ensureMetadata(own, signal());
      expect(await network.observeMetadata(signal())).toEqual([own.networkId]);
      await network.ensureNoMetadata(own.networkId, signal());
      expect((await run('ip', ['netns', 'list'])).stdout).toContain(foreign);
    } finally {
      await run('ip', ['netns', 'delete', foreign]);
    }
  });

  it('guards every tap again after somebody flushed the firewall', async () => {
    const nic = aHostNic();
    const tap = await network.ensureNic(nic, signal());
    await inHost('nft', 'flush', 'ruleset');

    await network.repairNics(signal());

    expect(await inHost('nft', 'list', 'ruleset')).toContain(`chain g_${tap}`);
    await network.ensureNoNic(nic.portId, signal());
  });

  it('refuses a port whose tap would be another port\'s', async () => {
    const nic = aHostNic();
    await network.ensureNic(nic, signal());
    const twin = `${nic.portId.slice(0, 24)}000000000000` as PortId;

    await expect(network.ensureNic({ ...nic, portId: twin }, signal())).rejects.toBeInstanceOf(Refused);
    await network.ensureNoNic(twin, signal());

    expect((await network.observeNics(signal())).map((found) => found.portId)).toEqual([nic.portId]);
    await network.ensureNoNic(nic.portId, signal());
  });

  it('forgets at start the ports whose taps are gone, and no others', async () => {
    const [gone, kept] = [aHostNic(), aHostNic()];
    const [tap, keptTap] = [await network.ensureNic(gone, signal()), await network.ensureNic(kept, signal())];
    await vsctl('add-port', 'br-int', 'foreign', '--', 'set', 'Interface', 'foreign', 'external_ids:iface-id=x');
    await inHost('ip', 'link', 'delete', 'dev', tap);

    await open();

    expect((await vsctl('list-ports', 'br-int')).trim().split('\n').sort()).toEqual(['foreign', keptTap].sort());
    await vsctl('del-port', 'br-int', 'foreign');
    await network.ensureNoNic(kept.portId, signal());
  });
});

describe('a network\'s metadata service', () => {
  const guestNamespace = `vt-${tag}-guest`;
  let served: MetadataNetwork;

  /** Asks as a guest would; answers the body. */
  const ask = async (headers: Record<string, string> = {}): Promise<string> => {
    const script = `require('node:http').get({ host: '169.254.169.254', path: '/openstack', agent: false, headers: ${JSON.stringify(headers)} },
      (reply) => reply.pipe(process.stdout))`;
    return (await run('ip', ['netns', 'exec', guestNamespace, process.execPath, '-e', script], { timeout: 8_000 })).stdout;
  };
  const proxyPid = async (): Promise<number> =>
    Number(await readFile(join(directory, 'proxies', `metadata-${served.networkId}.pid`), 'utf8'));

  beforeAll(async () => {
    served = aMetadataNetwork();
    await network.ensureMetadata(served, signal());
    await run('ip', ['netns', 'add', guestNamespace]);
    await vsctl('add-port', 'br-int', 'guest0', '--', 'set', 'Interface', 'guest0', 'type=internal');
    await inHost('ip', 'link', 'set', 'dev', 'guest0', 'netns', guestNamespace);
    for (const command of ['address add 10.7.0.9/24 dev guest0', 'link set guest0 up', 'route add 169.254.169.254 via 10.7.0.2']) {
      await run('ip', ['-n', guestNamespace, ...command.split(' ')]);
    }
  });

  afterAll(async () => {
    await run('ip', ['netns', 'delete', guestNamespace]).catch(() => undefined);
  });

  beforeEach(() => { received.length = 0; });

  it('answers guests through the agent, and tells it who really asks', async () => {
    const body = await ask({ 'X-Forwarded-For': '10.7.0.1', 'X-OVN-Network-ID': 'other', 'X-Virga-Network-Id': 'other', 'X-Instance-ID': 'other' });

    expect(body).toBe('metadata');
    expect(received).toEqual([expect.objectContaining({
      'x-forwarded-for': '10.7.0.9', 'x-ovn-network-id': served.networkId, 'x-virga-network-id': served.networkId,
    })]);
    expect(received[0]).not.toHaveProperty('x-instance-id');
  });

  it('is no way through for guests', async () => {
    const { stdout } = await run('ip', ['netns', 'exec', `vt-${tag}-${served.networkId}`, 'sysctl', '-n', 'net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding']);
    expect(stdout.trim().split('\n')).toEqual(['0', '0']);
  });

  it('runs without root\'s rights', async () => {
    expect(await readFile(`/proc/${await proxyPid()}/status`, 'utf8')).toMatch(/^Uid:\s+[1-9]/m);
  });

  it('is left alone while nothing changed, and started again after its proxy died', async () => {
    const before = await proxyPid();
    await network.ensureMetadata(served, signal());
    expect(await proxyPid()).toBe(before);
    process.kill(before, 'SIGKILL');

    await network.ensureMetadata(served, signal());

    expect(await ask()).toBe('metadata');
  });

  it('takes new addresses and lets go of old ones', async () => {
    const moved = { ...served, addresses: ['10.7.0.3/24', '10.8.0.2/24'] };

    await network.ensureMetadata(moved, signal());

    const addresses = await run('ip', ['-n', `vt-${tag}-${served.networkId}`, '-4', '-brief', 'address', 'show', 'up']);
    expect(addresses.stdout).toContain('10.7.0.3/24');
    expect(addresses.stdout).toContain('169.254.169.254/32');
    expect(addresses.stdout).not.toContain('10.7.0.2/24');
    await network.ensureMetadata(served, signal());
  });

  it('works again after Open vSwitch was restarted', async () => {
    await ovs.restartSwitch();
    await run('ip', ['-n', guestNamespace, 'link', 'delete', 'dev', 'guest0']);
    await inHost('ip', 'link', 'set', 'dev', 'guest0', 'netns', guestNamespace);
    for (const command of ['address replace 10.7.0.9/24 dev guest0', 'link set guest0 up', 'route replace 169.254.169.254 via 10.7.0.2']) {
      await run('ip', ['-n', guestNamespace, ...command.split(' ')]);
    }

    await network.ensureMetadata(served, signal());

    expect(await ask()).toBe('metadata');
  });
});
