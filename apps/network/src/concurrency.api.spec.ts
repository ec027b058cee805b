import 'reflect-metadata';
import type { ensurePorts, ServerNic } from '@virga/contracts-network';
import type { CallRequest } from '@virga/contract';
import { newId } from '@virga/kernel';
import { adminProject, demoProject, otherProject } from '@virga/testing';
import { ServerPortsService } from './server-ports/index.js';
import { useNetwork } from './testing/network-world.js';

describe('many requests at once', () => {
  const world = useNetwork();

  beforeAll(async () => {
    for (const project of [demoProject, otherProject, adminProject]) await world.unlimit(project);
  });

  const ipsOf = (ports: readonly unknown[]): string[] => ports.flatMap((port) => (port as { fixed_ips: { ip_address: string }[] }).fixed_ips.map((fixed) => fixed.ip_address));

  async function ensure(networkId: string, serverId = newId<'server'>(), project = demoProject): Promise<ServerNic[]> {
    const request: CallRequest<typeof ensurePorts> = {
      serverId, projectId: project, userId: 'u', hostname: `server-${serverId}`, availabilityZone: 'nova', host: 'host-1', securityGroupIds: [],
      nics: [{ index: 0, networkId, portId: null, fixedIp: null, tag: null }],
    };
    return (await world.app.get(ServerPortsService).ensure(request, AbortSignal.timeout(20_000))).nics;
  }

  it('give a hundred servers of one subnet an address each', async () => {
    const network = await world.network();
    await world.subnet(network.id, '10.10.0.0/24');
    const startedAt = performance.now();
    const nics = (await Promise.all(Array.from({ length: 100 }, () => ensure(network.id)))).flat();
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(new Set(nics.map((nic) => nic.fixedIps[0]?.ip)).size).toBe(100);
    expect(world.backend.all().filter(({ kind, id }) => kind === 'port' && nics.some((nic) => nic.portId === id))).toHaveLength(100);
  });

  it('share a network among projects that do not wait for each other', async () => {
    const network = await world.network('admin', { shared: true });
    await world.subnet(network.id, '10.11.0.0/25', {}, 'admin');
    const nics = (await Promise.all([demoProject, otherProject, adminProject].flatMap((project) => Array.from({ length: 30 }, () => ensure(network.id, newId(), project))))).flat();
    expect(new Set(nics.map((nic) => nic.fixedIps[0]?.ip)).size).toBe(90);
  });

  it('take every last address of a small subnet, and then there is none', async () => {
    const network = await world.network('admin', { shared: true });
    // 14 host addresses, without the gateway and the metadata port's.
    await world.subnet(network.id, '10.12.0.0/28', {}, 'admin');
    const personas = ['alice', 'bob', 'admin'];
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => world.ask(personas[at % 3] as string, 'POST', '/ports', { port: { network_id: network.id } })));
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(12);
    expect(new Set(ipsOf(made.map(({ body }) => (body as { port: unknown }).port))).size).toBe(12);
    for (const { body } of answers.filter(({ status }) => status !== 201)) expect(body).toMatchObject({ NeutronError: { type: 'IpAddressGenerationFailure' } });
  });

  it('hand an address out again once its port is gone', async () => {
    const network = await world.network();
    await world.subnet(network.id, '10.13.0.0/29', { enable_dhcp: false });
    const ports = await Promise.all(Array.from({ length: 5 }, () => world.port(network.id)));
    expect((await world.ask('alice', 'POST', '/ports', { port: { network_id: network.id } })).status).toBe(409);
    await world.ok('alice', 'DELETE', `/ports/${ports[2]?.id}`);
    expect(ipsOf([await world.port(network.id)])).toEqual(ipsOf([ports[2]]));
  });

  it('give the same fixed address to one of many who ask for it', async () => {
    const network = await world.network();
    await world.subnet(network.id, '10.14.0.0/24');
    const answers = await Promise.all(Array.from({ length: 8 }, () => world.ask('alice', 'POST', '/ports', { port: { network_id: network.id, fixed_ips: [{ ip_address: '10.14.0.77' }] } })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(7).fill(409)]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ NeutronError: { type: 'IpAddressInUse' } });
  });

  it('make one port for a server that asks many times at once', async () => {
    const network = await world.network();
    await world.subnet(network.id, '10.15.0.0/24');
    const server = newId<'server'>();
    const answers = (await Promise.all(Array.from({ length: 10 }, () => ensure(network.id, server)))).flat();
    expect(new Set(answers.map((nic) => nic.portId)).size).toBe(1);
  });

  it('make one default security group for a project that had none', async () => {
    await world.database.sql`DELETE FROM security_group_rule WHERE project_id = ${otherProject}`;
    await world.database.sql`DELETE FROM port_security_group USING security_group g WHERE g.id = security_group_id AND g.project_id = ${otherProject}`;
    await world.database.sql`DELETE FROM security_group WHERE project_id = ${otherProject}`;
    const lists = await Promise.all(Array.from({ length: 8 }, () => world.ok('bob', 'GET', '/security-groups')));
    expect(new Set(lists.flatMap((list) => (list['security_groups'] as unknown as { id: string }[]).map(({ id }) => id))).size).toBe(1);
  });

  it('never exceed a quota', async () => {
    await world.ok('admin', 'PUT', `/quotas/${otherProject}`, { quota: { router: 3 } });
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.ask('bob', 'POST', '/routers', { router: {} })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ NeutronError: { type: 'OverQuota' } });
  });
});
