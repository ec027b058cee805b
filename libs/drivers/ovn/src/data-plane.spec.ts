import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PortSpec } from '@virga/ports';
import { OvnNetworkBackend } from './ovn-network-backend.js';
import { aFloatingIp, aGateway, aModel, aNetwork, anInterface, aPort, aRouter, aRule, aSecurityGroup, aSubnet } from './testing/model.js';
import { startPrivateChassis, type PrivateChassis, type Wire } from './testing/private-chassis.js';
import { startPrivateOvn, type PrivateOvn } from './testing/private-ovn.js';
import { eventually } from './testing/processes.js';

const soon = (): AbortSignal => AbortSignal.timeout(15_000);

/** The interface identifier that a card makes of its MAC (RFC 4291), under the prefix `fd00:1::`. */
function slaacAddress(mac: string): string {
  const [a, b, c, d, e, f] = mac.split(':').map((part) => Number.parseInt(part, 16)) as [number, number, number, number, number, number];
  const word = (high: number, low: number): string => ((high << 8) | low).toString(16);
  return `fd00:1::${word(a ^ 2, b)}:${word(c, 0xff)}:${word(0xfe, d)}:${word(e, f)}`;
}

const network = aNetwork();
const subnet = aSubnet(network, { metadataIp: '10.0.0.2', hostRoutes: [{ destination: '192.168.9.0/24', nexthop: '10.0.0.9' }] });
const subnet6 = aSubnet(network, { ipVersion: 6, cidr: 'fd00:1::/64', gatewayIp: 'fd00:1::1', ipv6AddressMode: 'slaac' });
const external = aNetwork({ name: 'public', mtu: 1500, provider: { physicalNetwork: 'physnet1' } });
const web = aSecurityGroup();
const db = aSecurityGroup({ rules: [
  // Of a group that nobody has: it must not disturb the others.
  aRule({ direction: 'ingress', remoteGroupId: aSecurityGroup().id }),
  ...aSecurityGroup().rules,
  aRule({ direction: 'ingress', protocol: 'icmp', remoteGroupId: web.id }),
  aRule({ direction: 'ingress', etherType: 'IPv6', protocol: 'ipv6-icmp', remoteGroupId: web.id }),
] });
const plain = aSecurityGroup();
const mute = aSecurityGroup({ rules: [] });

const guest = (ip: string, groupId: string, with_: Partial<PortSpec> = {}): PortSpec => {
  const port = aPort(network, [[subnet, ip]], { securityGroupIds: [groupId], host: 'host-1', ...with_ });
  return { ...port, fixedIps: [...port.fixedIps, { subnetId: subnet6.id, ip: slaacAddress(port.mac) }] };
};
const webPort = guest('10.0.0.11', web.id, { dnsName: 'web' });
const dbPort = guest('10.0.0.12', db.id, { dnsName: 'db' });
const plainPort = guest('10.0.0.13', plain.id);
const mutePort = guest('10.0.0.14', mute.id);
const elsewherePort = guest('10.0.0.15', web.id, { host: 'host-2' });
const metadataPort = aPort(network, [[subnet, '10.0.0.2']], { role: 'metadata' });
const floatingIp = aFloatingIp('172.24.4.50', '10.0.0.11', webPort.id);
const router = aRouter({
  interfaces: [anInterface(network, '10.0.0.1/24'), anInterface(network, 'fd00:1::1/64', { ipv6AddressMode: 'slaac' })],
  gateway: aGateway(external, '172.24.4.10/24', { nexthops: ['172.24.4.1'], snatCidrs: ['10.0.0.0/24'] }),
  floatingIps: [floatingIp],
});
const model = aModel({
  networks: [network, external], subnets: [subnet, subnet6], securityGroups: [web, db, plain, mute],
  ports: [webPort, dbPort, plainPort, mutePort, elsewherePort, metadataPort], routers: [router],
});

describe('what OVN does with the rows', () => {
  let ovn: PrivateOvn;
  let host: PrivateChassis;
  let backend: OvnNetworkBackend;
  const wires: Record<'web' | 'db' | 'plain' | 'mute' | 'metadata' | 'outside', Wire> = {} as never;
  const servers: ChildProcess[] = [];
  const lifetime = new AbortController();
  const up = new Map<string, boolean>();

  /** A server in a namespace that tells each client its address. */
  const serve = async (wire: Wire, port: number): Promise<void> => {
    const code = `require('net').createServer((socket) => socket.end(socket.remoteAddress)).listen(${port}, '0.0.0.0')`;
    servers.push(spawn('ip', ['netns', 'exec', wire.namespace, process.execPath, '-e', code], { stdio: 'inherit' }));
    await eventually(`a server on ${port}`, async () => (await wire.run('ss', '-Hltn', `sport = :${port}`)) !== '');
  };
  /** The address that a server sees a client come from; rejects where the connection is not answered. */
  const seenFrom = async (wire: Wire, address: string, port: number): Promise<string> => {
    const code = `const socket = require('net').connect({ host: '${address}', port: ${port} });
      socket.setTimeout(1500, () => process.exit(1)); socket.on('error', () => process.exit(2)); socket.pipe(process.stdout)`;
    return (await wire.run(process.execPath, '-e', code)).replace('::ffff:', '');
  };

  beforeAll(async () => {
    ovn = await startPrivateOvn(await mkdtemp(join(tmpdir(), 'ovn-')));
    backend = await OvnNetworkBackend.connect({ northbound: ovn.northbound, southbound: ovn.southbound, signal: lifetime.signal });
    // Before any host is there: the router's gateway must find its host later, by itself.
    await backend.ensure(model, [], soon());
    host = await startPrivateChassis(ovn, 'host-1');
    void (async () => { for await (const { portId, isUp } of backend.bindings(lifetime.signal)) up.set(portId, isUp); })();
    for (const [name, port] of [['web', webPort], ['db', dbPort], ['plain', plainPort], ['mute', mutePort], ['metadata', metadataPort]] as const) {
      wires[name] = await host.plug(port.id, port.mac);
    }
    await host.plug(elsewherePort.id, elsewherePort.mac);
    wires.outside = await host.outside('172.24.4.1/24');
    await eventually('the ports to be up', async () => [webPort, dbPort, plainPort, mutePort].every(({ id }) => up.get(id)));
  }, 60_000);

  afterAll(async () => {
    for (const server of servers) server.kill('SIGKILL');
    await host?.stop();
    lifetime.abort();
    await backend?.close();
    await ovn?.stop();
  }, 60_000);

  it('gives leases with address, MTU, routes and DNS, to a guest that may send nothing as well', async () => {
    const leases = await Promise.all([wires.web, wires.db, wires.plain, wires.mute].map(async (wire) => wire.lease()));
    expect(leases.map(({ ip }) => ip)).toEqual(['10.0.0.11', '10.0.0.12', '10.0.0.13', '10.0.0.14']);
    expect(leases[0]).toMatchObject({ mtu: '1442', dns: '10.0.0.1', domain: 'openstacklocal', lease: '43200', serverid: '10.0.0.1' });
    expect(leases[0]?.['staticroutes']).toBe('169.254.169.254/32 10.0.0.2 192.168.9.0/24 10.0.0.9 0.0.0.0/0 10.0.0.1');
  }, 30_000);

  it('lets the members of a remote group in, and nobody else', async () => {
    expect(await wires.web.reaches('10.0.0.12')).toBe(true);
    const [others, opposite, muted] = await Promise.all([
      wires.plain.reaches('10.0.0.12'), wires.db.reaches('10.0.0.11'), wires.mute.reaches('10.0.0.12'),
    ]);
    expect({ others, opposite, muted }).toEqual({ others: false, opposite: false, muted: false });
  });

  it('advertises IPv6, and neighbours find each other', async () => {
    await eventually('an address by SLAAC', async () => (await wires.web.run('ip', '-6', 'addr', 'show', 'dev', 'eth0')).includes(slaacAddress(webPort.mac)));
    await eventually('its duplicate detection', async () => !(await wires.web.run('ip', '-6', 'addr', 'show', 'dev', 'eth0')).includes('tentative'));
    await eventually('a ping by IPv6', async () => wires.web.reaches(slaacAddress(dbPort.mac)));
    expect(await wires.plain.reaches(slaacAddress(dbPort.mac))).toBe(false);
  });

  it('drops what a guest sends under another address', async () => {
    await wires.web.run('ip', 'addr', 'add', '10.0.0.99/24', 'dev', 'eth0');
    await expect(wires.web.run('ping', '-I', '10.0.0.99', '-c', '1', '-W', '1', '10.0.0.12')).rejects.toThrow();
    await wires.web.run('ip', 'addr', 'del', '10.0.0.99/24', 'dev', 'eth0');
  });

  it('brings guests to the metadata port, under their own address', async () => {
    await wires.metadata.run('ip', 'addr', 'add', '10.0.0.2/24', 'dev', 'eth0');
    await wires.metadata.run('ip', 'addr', 'add', '169.254.169.254/32', 'dev', 'eth0');
    await serve(wires.metadata, 80);
    expect(await seenFrom(wires.plain, '169.254.169.254', 80)).toBe('10.0.0.13');
  });

  it('answers the names of the network', async () => {
    const lookup = async (name: string): Promise<string> => wires.plain.run('busybox', 'nslookup', name, '10.0.0.1');
    expect(await lookup('web.openstacklocal')).toContain('10.0.0.11');
    expect(await lookup('db')).toContain('10.0.0.12');
    expect(await lookup('10.0.0.12')).toContain('db.openstacklocal');
  });

  it('brings guests out under the router\'s address, or under their floating IP', async () => {
    await serve(wires.outside, 8080);
    await eventually('the gateway to serve', async () => wires.db.reaches('172.24.4.1'));
    expect(await seenFrom(wires.db, '172.24.4.1', 8080)).toBe('172.24.4.10');
    expect(await seenFrom(wires.web, '172.24.4.1', 8080)).toBe('172.24.4.50');
  });

  it('opens a floating IP\'s port with a rule, and closes it without', async () => {
    await serve(wires.web, 22);
    await expect(seenFrom(wires.outside, '172.24.4.50', 22)).rejects.toThrow();
    const opened = { ...web, revision: 2, rules: [...web.rules, aRule({ direction: 'ingress', protocol: 'tcp', portRangeMin: 22, portRangeMax: 22, remoteIpPrefix: '172.24.4.7/24' })] };
    await backend.ensure({ securityGroups: [opened] }, [], soon());
    await eventually('the port to be open', async () => (await seenFrom(wires.outside, '172.24.4.50', 22)) === '172.24.4.1');
    await backend.ensure({ securityGroups: [{ ...web, revision: 3 }] }, [], soon());
    await eventually('the port to be closed', async () => seenFrom(wires.outside, '172.24.4.50', 22).then(() => false, () => true));
  });

  it('reports ports that are wired up, and one that belongs to another host not', async () => {
    expect(up.get(elsewherePort.id)).toBe(false);
    await host.unplug(mutePort.id);
    await eventually('the unplugged port to be down', async () => up.get(mutePort.id) === false);
  });

  it('knows the host, and that it answers', async () => {
    expect(await backend.chassis(soon())).toEqual([{ name: 'host-1', hostname: 'host-1', isAlive: true }]);
  });

  it('carries nothing on a network that is not up', async () => {
    expect(await wires.web.reaches('10.0.0.12')).toBe(true);
    await backend.ensure({ networks: [{ ...network, revision: 2, isAdminUp: false }] }, [], soon());
    await eventually('the network to be down', async () => !await wires.web.reaches('10.0.0.12'));
  });
});
