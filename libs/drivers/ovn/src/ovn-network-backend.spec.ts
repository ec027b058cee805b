import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { milliseconds, type Clock, type PortId } from '@virga/kernel';
import { Refused, type LogicalRef } from '@virga/ports';
import { rowUuid } from './compile/names.js';
import { itIsANetworkBackend, type BackendUnderTest } from './network-backend.conformance.js';
import { OvnNetworkBackend } from './ovn-network-backend.js';
import { aModel, aNetwork, aPort, aSmallCloud } from './testing/model.js';
import { startPrivateOvn, type PrivateOvn } from './testing/private-ovn.js';
import { eventually } from './testing/processes.js';

const MARKED = ['logical_switch', 'logical_switch_port', 'dhcp_options', 'dns', 'logical_router', 'logical_router_port', 'nat', 'port_group', 'acl'];
const ANCHORS = {
  'network': 'logical_switch', 'subnet': 'dhcp_options', 'port': 'logical_switch_port', 'router': 'logical_router', 'security-group': 'port_group',
} as const;
const marks = ({ kind, id }: LogicalRef): string[] => [`external_ids:virga\\:kind=${kind}`, `external_ids:virga\\:id="${id}"`];

async function connect(ovn: PrivateOvn, signal: AbortSignal, clock?: Clock): Promise<OvnNetworkBackend> {
  const backend = await OvnNetworkBackend.connect({ northbound: ovn.northbound, southbound: ovn.southbound, signal, answerLimit: milliseconds(500), ...(clock && { clock }) });
  await backend.whenConnected(AbortSignal.timeout(10_000));
  return backend;
}

async function start(): Promise<BackendUnderTest> {
  const ovn = await startPrivateOvn(await mkdtemp(join(tmpdir(), 'ovn-')));
  const lifetime = new AbortController();
  const [backend, other] = [await connect(ovn, lifetime.signal), await connect(ovn, lifetime.signal)];
  await ovn.sbctl('chassis-add', 'host-1', 'geneve', '127.0.0.1');
  return {
    backend, other,
    holds: async (ref) => {
      const found = await Promise.all(MARKED.map(async (table) => ovn.nbctl('--bare', '--columns=_uuid', 'find', table, ...marks(ref))));
      return found.some((uuids) => uuids !== '');
    },
    tamper: async ({ kind, id }) => { await tamperWith(ovn, kind, rowUuid(id)); },
    remove: async ({ kind, id }) => { await removeFrom(ovn, kind, rowUuid(id)); },
    plant: async (ref) => { await ovn.nbctl('--', '--id=@it', 'create', ANCHORS[ref.kind], 'name=planted', ...marks(ref)); },
    wire: async (portId, isUp) => wire(ovn, portId, isUp),
    vanish: async () => {
      await ovn.killNorthbound();
    },
    comeBack: async () => {
      await ovn.startNorthbound();
      await backend.whenConnected(AbortSignal.timeout(10_000));
      await other.whenConnected(AbortSignal.timeout(10_000));
    },
    end: async () => {
      lifetime.abort();
      await Promise.all([backend.close(), other.close()]);
      await ovn.stop();
    },
  };
}

async function tamperWith(ovn: PrivateOvn, kind: LogicalRef['kind'], uuid: string): Promise<void> {
  const change = {
    'network': ['set', 'logical_switch', uuid, 'name=renamed'],
    'subnet': ['set', 'dhcp_options', uuid, 'options:lease_time=1'],
    'port': ['clear', 'logical_switch_port', uuid, 'port_security', '--', 'set', 'logical_switch_port', uuid, 'addresses=unknown'],
    'router': ['clear', 'logical_router', uuid, 'nat'],
    // Someone opens the firewall.
    'security-group': ['--type=port-group', 'acl-add', uuid, 'to-lport', '2000', 'ip4', 'allow'],
  }[kind];
  await ovn.nbctl(...change);
}

async function removeFrom(ovn: PrivateOvn, kind: LogicalRef['kind'], uuid: string): Promise<void> {
  if (kind === 'port') await ovn.nbctl('--if-exists', 'lsp-del', uuid);
  else await ovn.nbctl('--if-exists', 'destroy', ANCHORS[kind], uuid);
}

/** What ovn-controller does when a tap appears: it claims the port and reports it up. */
async function wire(ovn: PrivateOvn, portId: PortId, isUp: boolean): Promise<void> {
  await ovn.nbctl('--wait=sb', 'sync');
  if (isUp) await ovn.sbctl('lsp-bind', portId, 'host-1', '--', 'set', 'port_binding', portId, 'up=true');
  else await ovn.sbctl('lsp-unbind', portId, '--', 'set', 'port_binding', portId, 'up=false');
}

describe('OVN as network backend', () => {
  itIsANetworkBackend(start);
});


describe('OVN, beyond what every backend promises', () => {
  let ovn: PrivateOvn;
  let backend: OvnNetworkBackend;
  let now = 1_000_000_000_000;
  const lifetime = new AbortController();
  const soon = (): AbortSignal => AbortSignal.timeout(15_000);
  const list = async (table: string, column: string): Promise<string[]> => (await ovn.nbctl('--bare', `--columns=${column}`, 'list', table)).split(/\n+/).filter(Boolean);
  const gatewayHosts = async (portId: string): Promise<string[]> => (await ovn.nbctl('lrp-get-gateway-chassis', `lrp-${portId}`)).split('\n').filter(Boolean);

  beforeAll(async () => {
    ovn = await startPrivateOvn(await mkdtemp(join(tmpdir(), 'ovn-')));
    backend = await connect(ovn, lifetime.signal, { now: () => now });
  });
  afterAll(async () => {
    lifetime.abort();
    await backend.close();
    await ovn.stop();
  });
  afterEach(async () => { await backend.repair(async () => aModel(), soon()); });

  it('forgets after an hour what is gone, so that nothing grows for ever', async () => {
    const [first, second] = [aNetwork(), aNetwork()];
    await backend.ensure({}, [{ kind: 'network', id: first.id }], soon());
    now += 61 * 60_000;
    await backend.ensure({}, [{ kind: 'network', id: second.id }], soon());
    expect(await list('copp', 'name')).toEqual([`virga-gone-network-${second.id}`]);
  });

  it('leaves what operators put beside our rows', async () => {
    const model = aSmallCloud();
    await backend.ensure(model, [], soon());
    const [network, port] = [model.networks[0]!.id, model.ports[0]!.id];
    await ovn.nbctl('lsp-add', network, 'operators-port', '--', 'pg-add', 'operators_group', port, '--', 'set', 'logical_switch', network, 'external_ids:note=mine');
    expect(await backend.drift(async () => model, soon())).toEqual([]);
    await backend.ensure({ networks: [{ ...model.networks[0]!, revision: 2, name: 'renamed' }], ports: [{ ...model.ports[0]!, revision: 2, securityGroupIds: [] }] }, [], soon());
    expect(await ovn.nbctl('get', 'logical_switch', network, 'external_ids:note')).toBe('mine');
    expect(await ovn.nbctl('get', 'logical_switch', network, 'external_ids:virga\\:name')).toBe('renamed');
    expect(await list('logical_switch_port', 'name')).toContain('operators-port');
    expect(await ovn.nbctl('get', 'port_group', 'operators_group', 'ports')).toContain(port);
    await ovn.nbctl('pg-del', 'operators_group');
  });

  it('takes the name of a row that is in its way as a refusal, not as a reason to try for ever', async () => {
    const network = aNetwork();
    const port = aPort(network, []);
    await backend.ensure({ networks: [network] }, [], soon());
    await ovn.nbctl('lsp-add', network.id, port.id);
    await expect(backend.ensure({ ports: [port] }, [], soon())).rejects.toBeInstanceOf(Refused);
  });

  it('gives routers hosts of the external network as they come, and keeps the gateway in its place', async () => {
    const model = aSmallCloud();
    const gateway = model.routers[0]!.gateway!.portId;
    await backend.ensure(model, [], soon());
    expect(await gatewayHosts(gateway)).toEqual([]);

    let hosts = 0;
    const hostJoins = async (name: string, mappings: string): Promise<void> => {
      await ovn.sbctl('chassis-add', name, 'geneve', `127.0.0.${++hosts}`, '--', 'set', 'chassis', name, `other_config:ovn-bridge-mappings="${mappings}"`);
    };
    await hostJoins('inner', 'physnet9:br-x');
    await hostJoins('edge-1', 'physnet9:br-x,physnet1:br-ex');
    await eventually('a gateway', async () => (await gatewayHosts(gateway)).length === 1);
    const [first] = await gatewayHosts(gateway);
    expect(first).toContain('_edge-1');
    await hostJoins('edge-2', 'physnet1:br-ex');
    await eventually('a second to stand by', async () => (await gatewayHosts(gateway)).length === 2);
    expect((await gatewayHosts(gateway))[0]).toBe(first);
    expect(await backend.drift(async () => model, soon())).toEqual([]);

    await ovn.nbctl('lrp-del-gateway-chassis', `lrp-${gateway}`, 'edge-1');
    expect(await backend.repair(async () => model, soon())).toMatchObject([{ kind: 'router', problem: 'changed' }]);
    expect(await gatewayHosts(gateway)).toHaveLength(2);
  });

  it('knows hosts that do not answer', async () => {
    // These hosts are rows without a process behind them: they never answer.
    const answers = await backend.chassis(soon());
    expect(answers.map(({ name, isAlive }) => [name, isAlive])).toEqual([['edge-1', false], ['edge-2', false], ['inner', false]]);
  });

  it('rejects a remote that is none', async () => {
    await expect(OvnNetworkBackend.connect({ northbound: 'localhost:6641', southbound: ovn.southbound, signal: lifetime.signal })).rejects.toThrow('localhost:6641');
  });
});
