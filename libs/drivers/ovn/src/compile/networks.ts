import type { NetworkSpec } from '@virga/ports';
import { anchorMarks, marks } from './marks.js';
import { derivedUuid, localnetName, localnetUuid, rowUuid, switchName } from './names.js';
import { row, type CompiledRow, type Link, type Unit } from './unit.js';

/** Above everything that security groups allow. */
const NETWORK_DOWN_PRIORITY = 32_000;

/** A network is a logical switch; a provider network also has a `localnet` port that bridges it to the physical one. */
export function compileNetwork(network: NetworkSpec): Unit {
  const owner = { kind: 'network', id: network.id, revision: network.revision } as const;
  const uuid = rowUuid(network.id);
  const blocks = network.isAdminUp ? [] : (['from-lport', 'to-lport'] as const).map((direction) => blockRow(network, direction));
  const localnet = localnetRow(network);
  const anchor = row('Logical_Switch', uuid, {
    name: switchName(network.id),
    acls: new Set(blocks.map((block) => block.uuid)),
    external_ids: anchorMarks(owner, { 'virga:name': network.name }),
  });
  const links: Link[] = localnet === undefined ? [] : [{ table: 'Logical_Switch', uuid, column: 'ports', target: localnet.uuid }];
  return { ...owner, anchor, rows: [anchor, ...blocks, ...(localnet === undefined ? [] : [localnet])], links, reads: [] };
}

function localnetRow(network: NetworkSpec): CompiledRow | undefined {
  if (network.provider === undefined) return undefined;
  return row('Logical_Switch_Port', localnetUuid(network.id), {
    name: localnetName(network.id),
    type: 'localnet',
    options: new Map([['network_name', network.provider.physicalNetwork]]),
    tag: network.provider.segmentationId,
    addresses: new Set(['unknown']),
    port_security: new Set(),
    enabled: undefined,
    dhcpv4_options: undefined,
    dhcpv6_options: undefined,
    external_ids: marks({ kind: 'network', id: network.id }),
  });
}

function blockRow(network: NetworkSpec, direction: 'from-lport' | 'to-lport'): CompiledRow {
  return row('ACL', derivedUuid('network-down', network.id, direction), {
    direction, priority: NETWORK_DOWN_PRIORITY, match: '1', action: 'drop', external_ids: marks({ kind: 'network', id: network.id }),
  });
}
