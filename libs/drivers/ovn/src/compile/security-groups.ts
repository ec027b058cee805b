import { ownEntry } from '@virga/kernel';
import { Refused, type SecurityGroupRuleSpec, type SecurityGroupSpec } from '@virga/ports';
import { isEverything, networkOf } from './addresses.js';
import { anchorMarks, marks, type Marks } from './marks.js';
import { derivedUuid, DROP_GROUP, dropGroupUuid, portGroupName, rowUuid } from './names.js';
import { row, type CompiledRow, type Unit } from './unit.js';

/** Rules stand above the drop that applies to every secured port. */
const ALLOW_PRIORITY = 1_002;
const DROP_PRIORITY = 1_001;

/** IANA's numbers of the protocol names that Neutron's API takes. */
const PROTOCOLS: Readonly<Record<string, number>> = {
  'icmp': 1, 'igmp': 2, 'ipip': 4, 'tcp': 6, 'egp': 8, 'udp': 17, 'dccp': 33, 'ipv6-encap': 41, 'ipv6-route': 43, 'ipv6-frag': 44,
  'rsvp': 46, 'gre': 47, 'esp': 50, 'ah': 51, 'icmpv6': 58, 'ipv6-icmp': 58, 'ipv6-nonxt': 59, 'ipv6-opts': 60, 'ospf': 89, 'vrrp': 112,
  'pgm': 113, 'sctp': 132, 'udplite': 136,
};
const ANY_PROTOCOL = new Set(['any', 'ip', '0']);
const ICMP = 1;
const ICMPV6 = 58;
/** The protocols whose ports OVN can match on. */
const PORTED: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' };

/** A security group is a port group with one ACL a rule. */
export function compileSecurityGroup(group: SecurityGroupSpec): Unit {
  const owner = { kind: 'security-group', id: group.id, revision: group.revision } as const;
  const acls = group.rules.map((rule) => aclRow(group, rule)).filter((acl) => acl !== undefined);
  const anchor = row('Port_Group', rowUuid(group.id), {
    name: portGroupName(group.id), acls: new Set(acls.map((acl) => acl.uuid)), external_ids: anchorMarks(owner),
  });
  return { ...owner, anchor, rows: [anchor, ...acls], links: [], reads: [] };
}

/** Throws `Refused` for a rule that OVN has no match for. */
export function requireExpressible(group: SecurityGroupSpec): void {
  const rule = group.rules.find((each) => ruleMatch(portGroupName(group.id), each) === undefined);
  if (rule !== undefined) throw new Refused('ovn', `security group rule ${rule.id}: the ports of protocol ${rule.protocol} cannot be told apart`);
}

function aclRow(group: SecurityGroupSpec, rule: SecurityGroupRuleSpec): CompiledRow | undefined {
  const match = ruleMatch(portGroupName(group.id), rule);
  return match === undefined ? undefined : row('ACL', rowUuid(rule.id), {
    direction: directionOf(rule),
    priority: ALLOW_PRIORITY,
    match,
    action: group.isStateful ? 'allow-related' : 'allow-stateless',
    external_ids: marks({ kind: 'security-group', id: group.id }, { 'virga:rule': rule.id }),
  });
}

/** OVN's directions are the switch's: what enters it left the guest. */
const directionOf = (rule: SecurityGroupRuleSpec): string => (rule.direction === 'egress' ? 'from-lport' : 'to-lport');

/**
 * The match of a rule for the ports of a group. Undefined for a rule that OVN cannot express (ports of a protocol whose ports it
 * does not know): then nothing is allowed rather than too much.
 */
export function ruleMatch(groupName: string, rule: SecurityGroupRuleSpec): string | undefined {
  const protocol = protocolMatch(rule);
  if (protocol === undefined) return undefined;
  const port = rule.direction === 'egress' ? 'inport' : 'outport';
  return [`${port} == @${groupName}`, rule.etherType === 'IPv4' ? 'ip4' : 'ip6', ...remoteMatch(rule), ...protocol].join(' && ');
}

function remoteMatch(rule: SecurityGroupRuleSpec): string[] {
  const field = `${rule.etherType === 'IPv4' ? 'ip4' : 'ip6'}.${rule.direction === 'egress' ? 'dst' : 'src'}`;
  if (rule.remoteGroupId !== undefined) {
    return [`${field} == $${portGroupName(rule.remoteGroupId)}_${rule.etherType === 'IPv4' ? 'ip4' : 'ip6'}`];
  }
  if (rule.remoteIpPrefix === undefined || isEverything(rule.remoteIpPrefix)) return [];
  return [`${field} == ${networkOf(rule.remoteIpPrefix)}`];
}

function protocolMatch(rule: SecurityGroupRuleSpec): string[] | undefined {
  if (rule.protocol === undefined || ANY_PROTOCOL.has(rule.protocol)) return [];
  const number = ownEntry(PROTOCOLS, rule.protocol) ?? Number(rule.protocol);
  // 'icmp' in an IPv6 rule is an old way to say ICMPv6.
  if (number === ICMPV6 || number === ICMP) return icmpMatch(rule.etherType === 'IPv6' ? 'icmp6' : 'icmp4', rule);
  return portedMatch(number, rule);
}

function portedMatch(number: number, rule: SecurityGroupRuleSpec): string[] | undefined {
  const ported = PORTED[number];
  if (ported !== undefined) return [ported, ...portsMatch(ported, rule)];
  return rule.portRangeMin === undefined && rule.portRangeMax === undefined ? [`ip.proto == ${number}`] : undefined;
}

function icmpMatch(name: string, rule: SecurityGroupRuleSpec): string[] {
  if (rule.portRangeMin === undefined) return [name];
  const code = rule.portRangeMax === undefined ? [] : [`${name}.code == ${rule.portRangeMax}`];
  return [name, `${name}.type == ${rule.portRangeMin}`, ...code];
}

function portsMatch(name: string, { portRangeMin: min, portRangeMax: max }: SecurityGroupRuleSpec): string[] {
  if (min !== undefined && min === max) return [`${name}.dst == ${min}`];
  return [
    ...(min === undefined ? [] : [`${name}.dst >= ${min}`]),
    ...(max === undefined ? [] : [`${name}.dst <= ${max}`]),
  ];
}

/** Raise it when the rows below change: processes of an older version then leave them alone. */
const DROP_GROUP_REVISION = 1;

/**
 * The group of all ports with port security, with what drops and what every guest needs. DHCP requests must reach OVN's
 * responder; its answers and neighbour discovery (and router advertisements) pass by themselves, the latter because there is a
 * stateful ACL on the switch: these (ovn-northd(8), "ACLs"). ARP is not IP and is not dropped.
 */
export function compileDropGroup(): Unit {
  const owner = { kind: 'backend', id: DROP_GROUP, revision: DROP_GROUP_REVISION } as const;
  const external_ids: Marks = marks(owner);
  const acl = (role: string, direction: string, priority: number, match: string, action: string): CompiledRow =>
    row('ACL', derivedUuid('backend', DROP_GROUP, role), { direction, priority, match, action, external_ids });
  const from = `inport == @${DROP_GROUP}`;
  const acls = [
    acl('drop-from', 'from-lport', DROP_PRIORITY, `${from} && ip`, 'drop'),
    acl('drop-to', 'to-lport', DROP_PRIORITY, `outport == @${DROP_GROUP} && ip`, 'drop'),
    acl('dhcpv4', 'from-lport', ALLOW_PRIORITY, `${from} && ip4 && udp.src == 68 && udp.dst == 67`, 'allow-related'),
    acl('dhcpv6', 'from-lport', ALLOW_PRIORITY, `${from} && ip6 && udp.src == 546 && udp.dst == 547`, 'allow-related'),
  ];
  const anchor = row('Port_Group', dropGroupUuid, {
    name: DROP_GROUP, acls: new Set(acls.map(({ uuid }) => uuid)), external_ids: anchorMarks(owner),
  });
  return { ...owner, anchor, rows: [anchor, ...acls], links: [], reads: [] };
}
