import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PortId } from '@virga/kernel';
import type { LogicalRef } from '@virga/ports';
import { rowUuid } from './compile/names.js';
import { itIsANetworkBackend, type BackendUnderTest } from './network-backend.conformance.js';
import { OvnNetworkBackend } from './ovn-network-backend.js';
import { startPrivateOvn, type PrivateOvn } from './testing/private-ovn.js';

const MARKED = ['logical_switch', 'logical_switch_port', 'dhcp_options', 'dns', 'logical_router', 'logical_router_port', 'nat', 'port_group', 'acl'];
const ANCHORS = {
  'network': 'logical_switch', 'subnet': 'dhcp_options', 'port': 'logical_switch_port', 'router': 'logical_router', 'security-group': 'port_group',
} as const;
const marks = ({ kind, id }: LogicalRef): string[] => [`external_ids:virga\\:kind=${kind}`, `external_ids:virga\\:id="${id}"`];

async function start(): Promise<BackendUnderTest & { ovn: PrivateOvn }> {
  const ovn = await startPrivateOvn(await mkdtemp(join(tmpdir(), 'ovn-')));
  const lifetime = new AbortController();
  const connect = async (): Promise<OvnNetworkBackend> => {
    const backend = await OvnNetworkBackend.connect({ northbound: ovn.northbound, southbound: ovn.southbound, signal: lifetime.signal });
    await backend.whenConnected(AbortSignal.timeout(10_000));
    return backend;
  };
  const [backend, other] = [await connect(), await connect()];
  await ovn.sbctl('chassis-add', 'host-1', 'geneve', '127.0.0.1');
  return {
    ovn, backend, other,
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

