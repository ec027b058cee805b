import 'reflect-metadata';
import { describePorts, ensurePorts, listServerPorts, releasePorts, resolveNics, serverNicChanged, type ServerNic } from '@virga/contracts-network';
import type { CallReply, CallRequest, MessageBody } from '@virga/contract';
import { newId, type ServerId } from '@virga/kernel';
import { ServiceBus, on } from '@virga/messaging';
import { silentLogger } from '@virga/observability';
import { demoProject, useBroker } from '@virga/testing';
import { useNetwork, type Json } from '../testing/index.js';

type Resolve = CallRequest<typeof resolveNics>;

describe('what compute asks of network', () => {
  const broker = useBroker();
  const world = useNetwork({ brokerUrl: () => broker.url });
  let bus: ServiceBus;
  const told: MessageBody<typeof serverNicChanged>[] = [];

  beforeAll(async () => {
    await world.unlimit(demoProject);
    bus = new ServiceBus({ service: 'compute', url: broker.url, logger: silentLogger });
    bus.onEvents([on(serverNicChanged, async (body) => { told.push(body); })]);
    await bus.start();
    await Promise.all([bus, world.app.get(ServiceBus)].map((one) => one.untilConsuming(AbortSignal.timeout(20_000))));
  });
  afterAll(() => bus.close(AbortSignal.timeout(5_000)));

  const resolve = (request: Partial<Resolve>): Promise<CallReply<typeof resolveNics>> => bus.calls.call(resolveNics, {
    projectId: demoProject, isAdmin: false, networks: 'auto', securityGroups: [], serverCount: 1, ...request,
  }, { idempotencyKey: newId() });
  const nic = (body: Partial<Exclude<Resolve['networks'], string>[number]>) => ({ networkId: null, portId: null, fixedIp: null, tag: null, ...body });
  const code = async (call: Promise<unknown>): Promise<unknown> => call.then(() => 'no fault', (error: { code: string }) => error.code);

  async function site(cidr = '10.0.0.0/24', as = 'alice'): Promise<{ network: Json; subnet: Json }> {
    const network = await world.network(as);
    return { network, subnet: await world.subnet(network.id, cidr, {}, as) };
  }

  const ensure = (serverId: ServerId, nics: Partial<CallRequest<typeof ensurePorts>['nics'][number]>[], more: Partial<CallRequest<typeof ensurePorts>> = {}) => bus.calls.call(ensurePorts, {
    serverId, projectId: demoProject, userId: 'u', hostname: 'web', availabilityZone: 'nova', host: 'host-1', securityGroupIds: [],
    nics: nics.map((wanted, index) => ({ index, networkId: null, portId: null, fixedIp: null, tag: null, ...wanted })), ...more,
  }, { idempotencyKey: newId() });

  it('finds the one network of a project, and refuses to choose among several', async () => {
    expect((await resolve({})).nics).toEqual([]);
    const { network } = await site();
    const resolved = await resolve({});
    expect(resolved.nics).toEqual([{ index: 0, networkId: network.id, portId: null, fixedIp: null, tag: null }]);
    expect(resolved.securityGroupIds).toHaveLength(1);
    await site('10.1.0.0/24');
    expect(await code(resolve({}))).toBe('network.nics.ambiguous');
    expect((await resolve({ networks: 'none' })).nics).toEqual([]);
  });

  it('checks networks, ports, addresses and groups before anything is made', async () => {
    const { network } = await site('10.2.0.0/24');
    const port = await world.port(network.id);
    const taken = (port['fixed_ips'] as { ip_address: string }[])[0]?.ip_address ?? '';
    const bobs = await site('10.0.0.0/24', 'bob');
    const { network: external } = await world.external();
    const empty = await world.network();
    const asked: [Partial<Resolve>, string][] = [
      [{ networks: [nic({ networkId: 'none' })] }, 'network.network.not-found'], [{ networks: [nic({ networkId: bobs.network.id })] }, 'network.network.not-found'],
      [{ networks: [nic({ networkId: external.id })] }, 'network.nics.external'], [{ networks: [nic({ networkId: empty.id })] }, 'network.nics.no-subnet'],
      [{ networks: [nic({ networkId: network.id, fixedIp: '10.99.0.1' })] }, 'network.nics.ip-invalid'], [{ networks: [nic({ networkId: network.id, fixedIp: taken })] }, 'network.nics.ip-in-use'],
      [{ networks: [nic({ portId: 'none' })] }, 'network.port.not-found'], [{ networks: [nic({ portId: port.id }), nic({ portId: port.id })] }, 'network.nics.port-twice'],
      [{ networks: [nic({ portId: port.id })], serverCount: 2 }, 'network.nics.not-for-several'], [{ networks: [nic({})] }, 'network.nics.nothing-wanted'],
      [{ networks: [nic({ portId: (await world.port(network.id, { fixed_ips: [] })).id })] }, 'network.nics.port-without-ip'],
      [{ networks: [nic({ portId: (await world.port(network.id, { device_id: 'other' })).id })] }, 'network.nics.port-in-use'],
      [{ networks: 'none', securityGroups: ['missing'] }, 'network.security-group.not-found'],
    ];
    for (const [request, expected] of asked) expect([request, await code(resolve(request))]).toEqual([request, expected]);
    for (let twice = 0; twice < 2; twice++) await world.ok('alice', 'POST', '/security-groups', { security_group: { name: 'twin' } });
    expect(await code(resolve({ networks: 'none', securityGroups: ['twin'] }))).toBe('network.nics.group-ambiguous');
    expect((await resolve({ networks: [nic({ networkId: network.id, fixedIp: '10.2.0.99', tag: 't' }), nic({ portId: port.id })] })).nics).toEqual([
      { index: 0, networkId: network.id, portId: null, fixedIp: '10.2.0.99', tag: 't' }, { index: 1, networkId: null, portId: port.id, fixedIp: null, tag: null },
    ]);
    await world.ok('admin', 'PUT', `/quotas/${demoProject}`, { quota: { port: 5 } });
    expect(await code(resolve({ networks: [nic({ networkId: network.id })], serverCount: 50 }))).toBe('quota.exceeded');
    await world.unlimit(demoProject);
  });

  it('makes ports, takes given ones, moves them to another host, and lets go', async () => {
    const { network, subnet } = await site('10.3.0.0/24');
    const given = await world.port(network.id, { name: 'mine' });
    const server = newId<'server'>();
    const { nics } = await ensure(server, [{ networkId: network.id, fixedIp: '10.3.0.77' }, { portId: given.id }]);
    expect(nics).toMatchObject([
      { isPreserved: false, fixedIps: [{ ip: '10.3.0.77', subnetId: subnet.id, version: 4, cidr: '10.3.0.0/24', gatewayIp: '10.3.0.1' }], securityGroups: [{ name: 'default' }] },
      { portId: given.id, isPreserved: true },
    ]);
    expect((await world.ok('alice', 'GET', `/ports?device_id=${server}&fields=device_owner`))['ports']).toEqual([{ device_owner: 'compute:nova' }, { device_owner: 'compute:nova' }]);
    expect(await code(ensure(newId(), [{ portId: given.id }]))).toBe('network.nics.port-in-use');
    const moved = await ensure(server, [{ networkId: network.id, fixedIp: '10.3.0.77' }, { portId: given.id }], { host: 'host-2' });
    expect(moved.nics.map(({ portId }) => portId)).toEqual(nics.map(({ portId }) => portId));
    expect(world.backend.find({ kind: 'port', id: given.id })).toMatchObject({ host: 'host-2' });
    expect((await bus.calls.call(describePorts, { serverIds: [server] }, { idempotencyKey: newId() })).nics).toEqual(moved.nics);
    expect((await bus.calls.call(listServerPorts, { afterServerId: null, limit: 10 }, { idempotencyKey: newId() })).serverIds).toContain(server);
    const { released } = await bus.calls.call(releasePorts, { serverId: server, portIds: null }, { idempotencyKey: newId() });
    expect(released.sort()).toEqual(nics.map(({ portId }) => portId).sort());
    expect((await world.ok('alice', 'GET', `/ports/${given.id}`))['port']).toMatchObject({ device_id: '', device_owner: '', name: 'mine' });
    expect(world.backend.find({ kind: 'port', id: given.id })).not.toHaveProperty('host');
    expect((await world.ask('alice', 'GET', `/ports/${nics[0]?.portId}`)).status).toBe(404);
    await world.until(async () => told.filter(({ nic: left }) => left === null).length >= 2);
    expect(told.filter(({ serverId, nic: left }) => serverId === server && left === null).map(({ portId }) => portId).sort()).toEqual([...released].sort());
  });

  it('tells compute of what users do to its servers\' ports', async () => {
    const { network } = await site('10.4.0.0/24');
    const server = newId<'server'>();
    const { portId, revision } = (await ensure(server, [{ networkId: network.id }])).nics[0] as ServerNic;
    const latest = () => told.filter((body) => body.portId === portId).at(-1);
    const isTold = (seen: (nic: ServerNic) => boolean) => world.until(async () => { const now = latest()?.nic; return now !== undefined && now !== null && seen(now); });
    const group = (await world.ok('alice', 'POST', '/security-groups', { security_group: { name: 'web' } }) as Record<string, Json>)['security_group'];
    await world.ok('alice', 'PUT', `/ports/${portId}`, { port: { security_groups: [group?.id], fixed_ips: [{ ip_address: '10.4.0.99' }] } });
    await isTold((now) => now.securityGroups[0]?.name === 'web' && now.fixedIps[0]?.ip === '10.4.0.99');
    expect(latest()?.revision).toBeGreaterThan(revision);
    await world.ok('alice', 'PUT', `/security-groups/${group?.id}`, { security_group: { name: 'renamed' } });
    await isTold((now) => now.securityGroups[0]?.name === 'renamed');
    await world.ok('alice', 'PUT', `/networks/${network.id}`, { network: { name: 'other' } });
    await isTold((now) => now.networkName === 'other');
    const before = latest()?.revision ?? 0;
    await world.ok('alice', 'DELETE', `/ports/${portId}`);
    await world.until(async () => latest()?.nic === null);
    expect(latest()?.revision).toBeGreaterThan(before);
  });
});
