import 'reflect-metadata';
import type { ServerNic } from '@virga/contracts-network';
import { minutes, newId, seconds, type PortId } from '@virga/kernel';
import { Reconciliation } from '@virga/reconcile';
import { demoProject, ManualClock } from '@virga/testing';
import { ModelRepository, RealizationRepository, RealizationWorker, Realizer } from './realization/index.js';
import { ServerPortsService } from './server-ports/index.js';
import { useNetwork } from './testing/network-world.js';

describe('what the backend is told', () => {
  const clock = new ManualClock();
  const world = useNetwork({ clock, sim: { clock } });
  const signal = AbortSignal.timeout(600_000);

  afterEach(() => world.backend.thaw());

  const turn = (): Promise<unknown> => world.app.get(RealizationWorker).turn(signal);
  const waiting = async (): Promise<{ kind: string; id: string; problem: string | null }[]> => world.database.sql`SELECT kind, id, problem FROM realization WHERE due_at IS NOT NULL`;

  /** The backend is back, and the respite that requests gave it is over. */
  async function backendReturns(): Promise<void> {
    world.backend.thaw();
    clock.advance(minutes(1));
    while ((await waiting()).length > 0) {
      await turn();
      clock.advance(seconds(10));
    }
  }

  async function expectBackendIsModel(): Promise<void> {
    expect(await world.backend.drift(() => world.app.get(ModelRepository).read('everything'), signal)).toEqual([]);
  }

  it('waits while the backend is away, and comes when it is back', async () => {
    world.backend.fail();
    const network = await world.network();
    expect(network).toMatchObject({ status: 'BUILD' });
    await world.subnet(network.id, '10.0.0.0/24');
    const port = await world.port(network.id);
    const router = await world.router();
    expect(router).toMatchObject({ status: 'BUILD' });
    expect(world.backend.find({ kind: 'port', id: port.id })).toBeUndefined();
    await backendReturns();
    expect(world.backend.find({ kind: 'port', id: port.id })).toMatchObject({ networkId: network.id });
    expect((await world.ok('alice', 'GET', `/networks/${network.id}`))['network']).toMatchObject({ status: 'ACTIVE' });
    await expectBackendIsModel();
  });

  it('is told of deletions that happened while it was away', async () => {
    const network = await world.network();
    const port = await world.port(network.id);
    world.backend.fail();
    await world.ok('alice', 'DELETE', `/ports/${port.id}`);
    await world.ok('alice', 'DELETE', `/networks/${network.id}`);
    expect((await world.ask('alice', 'GET', `/networks/${network.id}`)).status).toBe(404);
    expect(world.backend.find({ kind: 'network', id: network.id })).toBeDefined();
    await backendReturns();
    expect(world.backend.find({ kind: 'network', id: network.id })).toBeUndefined();
    expect(await world.database.sql`SELECT id FROM realization WHERE is_gone`).toEqual([]);
    await expectBackendIsModel();
  });

  it('survives a failure after the backend\'s commit', async () => {
    world.backend.fail(1, { afterCommit: true });
    const network = await world.network();
    await backendReturns();
    expect(world.backend.find({ kind: 'network', id: network.id })).toBeDefined();
    await expectBackendIsModel();
  });

  it('does not keep requests waiting again and again while the backend is away', async () => {
    world.backend.freeze();
    await world.network();
    const startedAt = performance.now();
    for (let count = 0; count < 5; count++) await world.network();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await backendReturns();
    await expectBackendIsModel();
  });

  it('does not hold up others because of a unit that is refused', async () => {
    const network = await world.network();
    const port = await world.port(network.id);
    // Somebody removed the network by hand, and a port of it changes.
    world.backend.remove({ kind: 'port', id: port.id });
    world.backend.remove({ kind: 'network', id: network.id });
    await world.ok('alice', 'PUT', `/ports/${port.id}`, { port: { name: 'x' } });
    world.backend.fail();
    const other = await world.network();
    world.backend.thaw();
    clock.advance(minutes(1));
    await turn();
    expect(world.backend.find({ kind: 'network', id: other.id })).toBeDefined();
    expect(await waiting()).toEqual([{ kind: 'port', id: port.id, problem: expect.stringContaining('refers to') }]);
    await world.app.get(Reconciliation).runOnce('network-backend', signal);
    await backendReturns();
    await expectBackendIsModel();
  });

  it('does not put off what was changed while the backend refused it', async () => {
    const network = await world.network();
    const realizations = world.app.get(RealizationRepository);
    world.backend.fail();
    await world.ok('alice', 'PUT', `/networks/${network.id}`, { network: { name: 'one' } });
    clock.advance(minutes(1));
    const claimed = await realizations.claim(10, clock.now() + minutes(1));
    world.backend.fail();
    await world.ok('alice', 'PUT', `/networks/${network.id}`, { network: { name: 'two' } });
    await realizations.postpone(claimed, clock.now() + minutes(10), 'refused');
    expect(await waiting()).toEqual([{ kind: 'network', id: network.id, problem: null }]);
    world.backend.thaw();
    clock.advance(seconds(10));
    await turn();
    expect(world.backend.find({ kind: 'network', id: network.id })).toMatchObject({ name: 'two' });
  });

  it('is repaired where somebody changed it by hand, and that is counted', async () => {
    const network = await world.network();
    const router = await world.router();
    world.backend.tamper({ kind: 'network', id: network.id });
    world.backend.remove({ kind: 'router', id: router.id });
    const stranger = newId<'network'>();
    world.backend.tamper({ kind: 'network', id: stranger });
    const report = await world.app.get(Reconciliation).runOnce('network-backend', signal);
    expect(report).toMatchObject({ defects: 1 });
    expect(world.backend.find({ kind: 'network', id: network.id })).not.toHaveProperty('tampered');
    expect(world.backend.find({ kind: 'router', id: router.id })).toBeDefined();
    expect(world.backend.find({ kind: 'network', id: stranger })).toBeUndefined();
    await expectBackendIsModel();
  });

  it('is read with a number of statements that does not depend on the number of things', async () => {
    const count = async (): Promise<number> => {
      let statements = 0;
      const stop = world.database.onStatement(() => { statements += 1; });
      await new ModelRepository(world.database, { dnsServers: [], domainName: 'x' }).read('everything');
      stop();
      return statements;
    };
    expect(await count()).toBe(5);
    await Promise.all(Array.from({ length: 5 }, () => world.network()));
    expect(await count()).toBe(5);
  });

  it('makes compute ask again while it is away, and then answers with the same port', async () => {
    const network = await world.network();
    await world.subnet(network.id, '10.1.0.0/24');
    const request = {
      serverId: newId<'server'>(), projectId: demoProject, userId: 'u', hostname: 'Web Server_01', availabilityZone: 'nova', host: 'host-1', securityGroupIds: [],
      nics: [{ index: 0, networkId: network.id, portId: null, fixedIp: null, tag: null }],
    };
    const service = world.app.get(ServerPortsService);
    world.backend.fail();
    await expect(service.ensure(request, signal)).rejects.toMatchObject({ kind: 'unavailable' });
    world.backend.thaw();
    const nic = (await service.ensure(request, signal)).nics[0] as ServerNic;
    expect(nic).toMatchObject({ serverId: request.serverId, networkId: network.id, networkName: 'net', mtu: 1442, isPreserved: false, status: 'DOWN', metadata: { addresses: ['10.1.0.2/24'] } });
    expect(world.backend.find({ kind: 'port', id: nic.portId })).toMatchObject({ host: 'host-1', dnsName: 'web-server-01' });
    expect((await service.ensure(request, signal)).nics.map(({ portId }) => portId)).toEqual([nic.portId]);
    world.backend.bind(nic.portId as PortId);
    await world.until(async () => (await world.ok('alice', 'GET', `/ports/${nic.portId}`) as Record<string, { status: string }>)['port']?.status === 'ACTIVE');
    const told = (await world.events()).filter(({ portId }) => portId === nic.portId).at(-1);
    expect(told).toMatchObject({ serverId: request.serverId, nic: { status: 'ACTIVE' } });
    expect(told?.revision).toBeGreaterThan(nic.revision);
    expect(await service.release({ serverId: request.serverId, portIds: null })).toEqual({ released: [nic.portId] });
    expect(await service.release({ serverId: request.serverId, portIds: null })).toEqual({ released: [] });
    expect((await world.events()).at(-1)).toMatchObject({ portId: nic.portId, nic: null });
    expect(world.backend.find({ kind: 'port', id: nic.portId })).toBeUndefined();
  });

  it('never goes back to an older revision, whoever is late', async () => {
    const network = await world.network();
    const realizer = world.app.get(Realizer);
    const names = Array.from({ length: 12 }, (_, at) => `name-${at}`);
    await Promise.all(names.map(async (name) => {
      await world.ok('alice', 'PUT', `/networks/${network.id}`, { network: { name } });
      await realizer.realize([{ kind: 'network', id: network.id }], signal);
    }));
    const { name } = (await world.ok('alice', 'GET', `/networks/${network.id}`))['network'] as unknown as { name: string };
    expect(world.backend.find({ kind: 'network', id: network.id })).toMatchObject({ name });
    expect(await waiting()).toEqual([]);
  });
});
