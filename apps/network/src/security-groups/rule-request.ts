import type { Static } from '@virga/contract';
import type { SecurityGroupRuleCreate } from '@virga/contracts-network';
import { Invalid, ownEntry } from '@virga/kernel';
import { formatCidr, parseCidr, parseIp } from '../addresses/index.js';
import { InvalidInput } from '../listing/index.js';
import type { EtherType, SecurityGroupRule } from './security-group.js';

type Body = Static<typeof SecurityGroupRuleCreate>;
export type RuleRequest = Pick<SecurityGroupRule, 'direction' | 'ethertype' | 'protocol' | 'port_range_min' | 'port_range_max' | 'remote_ip_prefix' | 'normalized_cidr' | 'remote_group_id'>;

/** Names that Neutron knows besides numbers, with IANA's numbers. */
const PROTOCOLS: Readonly<Record<string, number>> = {
  ah: 51, dccp: 33, egp: 8, esp: 50, gre: 47, hopopt: 0, icmp: 1, icmpv6: 58, igmp: 2, ip: 0, ipip: 4, 'ipv6-encap': 41, 'ipv6-frag': 44, 'ipv6-icmp': 58,
  'ipv6-nonxt': 59, 'ipv6-opts': 60, 'ipv6-route': 43, ospf: 89, pgm: 113, rsvp: 46, sctp: 132, tcp: 6, udp: 17, udplite: 136, vrrp: 112,
};
const WITH_PORTS = new Set([6, 17, 33, 132, 136]);
const ICMP = new Set([1, 58]);
const IPV6_ONLY = new Set([41, 43, 44, 58, 59, 60]);

class SecurityGroupRuleInvalidProtocol extends Invalid {
  constructor(protocol: string) {
    super('network.security-group-rule.protocol', `Security group rule protocol ${protocol.slice(0, 40)} not supported. Only protocol names and numbers from 0 to 255 are.`);
  }
}
class SecurityGroupInvalidPortRange extends Invalid {
  constructor() {
    super('network.security-group-rule.port-range', 'For this protocol, port_range_min and port_range_max must both be given, and port_range_min must be <= port_range_max.');
  }
}
class SecurityGroupInvalidPortValue extends Invalid {
  constructor(port: number) {
    super('network.security-group-rule.port', `Invalid value for port ${port}.`);
  }
}
class SecurityGroupInvalidIcmpValue extends Invalid {
  constructor(field: string, value: number) {
    super('network.security-group-rule.icmp', `Invalid value for ICMP ${field} (${field === 'type' ? 'port_range_min' : 'port_range_max'}) ${value}. It must be 0 to 255.`);
  }
}
class SecurityGroupMissingIcmpType extends Invalid {
  constructor(code: number) {
    super('network.security-group-rule.icmp-type', `ICMP code (port-range-max) ${code} is provided but ICMP type (port-range-min) is missing.`);
  }
}
class SecurityGroupProtocolRequiredWithPorts extends Invalid {
  constructor() {
    super('network.security-group-rule.protocol-missing', 'Must also specify protocol if port range is given.');
  }
}
class SecurityGroupEthertypeConflictWithProtocol extends Invalid {
  constructor(ethertype: string, protocol: string) {
    super('network.security-group-rule.ethertype', `Invalid ethertype ${ethertype} for protocol ${protocol}.`);
  }
}
class SecurityGroupRemoteGroupAndRemoteIpPrefix extends Invalid {
  constructor() {
    super('network.security-group-rule.remotes', 'Only remote_ip_prefix or remote_group_id may be provided.');
  }
}
class SecurityGroupRuleParameterConflict extends Invalid {
  constructor(ethertype: string, prefix: string) {
    super('network.security-group-rule.prefix', `Conflicting value ethertype ${ethertype} for CIDR ${prefix}.`);
  }
}

/** What a rule's create body asks for. Throws what Neutron throws for a rule that makes no sense. */
export function ruleRequest(body: Body): RuleRequest {
  const ethertype = ethertypeOf(body.ethertype);
  const protocol = protocolOf(body.protocol);
  const ports = { min: numberOf(body.port_range_min), max: numberOf(body.port_range_max) };
  requirePorts(protocol, ports.min, ports.max);
  requireFamily(ethertype, protocol);
  if (body.remote_ip_prefix && body.remote_group_id) throw new SecurityGroupRemoteGroupAndRemoteIpPrefix();
  return {
    direction: directionOf(body.direction), ethertype, protocol, port_range_min: ports.min, port_range_max: ports.max,
    ...prefixOf(body.remote_ip_prefix || null, ethertype), remote_group_id: body.remote_group_id || null,
  };
}

function directionOf(text: string): 'ingress' | 'egress' {
  if (text !== 'ingress' && text !== 'egress') throw new InvalidInput(`Invalid input for direction. Reason: '${text}' is not in ['ingress', 'egress'].`);
  return text;
}

function ethertypeOf(text: string | null | undefined): EtherType {
  const family = (text ?? 'IPv4').toLowerCase();
  if (family !== 'ipv4' && family !== 'ipv6') throw new InvalidInput(`Invalid input for ethertype. Reason: '${text}' is not in ['IPv4', 'IPv6'].`);
  return family === 'ipv4' ? 'IPv4' : 'IPv6';
}

function protocolOf(given: string | number | null | undefined): string | null {
  const text = String(given ?? '').toLowerCase();
  if (text === '' || text === 'any') return null;
  if (/^\d{1,3}$/.test(text) ? Number(text) <= 255 : Object.hasOwn(PROTOCOLS, text)) return text;
  throw new SecurityGroupRuleInvalidProtocol(text);
}

function numberOf(value: number | string | null | undefined): number | null {
  return value === undefined || value === null ? null : Number(value);
}

function requirePorts(protocol: string | null, min: number | null, max: number | null): void {
  if (min === null && max === null) return;
  if (protocol === null) throw new SecurityGroupProtocolRequiredWithPorts();
  const number = ownEntry(PROTOCOLS, protocol) ?? Number(protocol);
  if (WITH_PORTS.has(number)) return requirePortRange(min, max);
  if (ICMP.has(number)) return requireIcmp(min, max);
  throw new SecurityGroupRuleInvalidProtocol(protocol);
}

function requirePortRange(min: number | null, max: number | null): void {
  const wrong = [min, max].find((port) => port !== null && (port < 1 || port > 65_535));
  if (typeof wrong === 'number') throw new SecurityGroupInvalidPortValue(wrong);
  if (min === null || max === null || min > max) throw new SecurityGroupInvalidPortRange();
}

function requireIcmp(type: number | null, code: number | null): void {
  if (type !== null && (type < 0 || type > 255)) throw new SecurityGroupInvalidIcmpValue('type', type);
  if (code !== null && (code < 0 || code > 255)) throw new SecurityGroupInvalidIcmpValue('code', code);
  if (type === null && code !== null) throw new SecurityGroupMissingIcmpType(code);
}

function requireFamily(ethertype: EtherType, protocol: string | null): void {
  if (protocol !== null && ethertype === 'IPv4' && IPV6_ONLY.has(ownEntry(PROTOCOLS, protocol) ?? Number(protocol))) {
    throw new SecurityGroupEthertypeConflictWithProtocol(ethertype, protocol);
  }
}

/** An address stands for itself alone; bits beyond the prefix are allowed and mean nothing. */
function prefixOf(text: string | null, ethertype: EtherType): Pick<RuleRequest, 'remote_ip_prefix' | 'normalized_cidr'> {
  if (text === null) return { remote_ip_prefix: null, normalized_cidr: null };
  const ip = parseIp(text);
  const full = ip === undefined ? text : `${text}/${ip.version === 4 ? 32 : 128}`;
  const cidr = parseCidr(full, true);
  if (cidr === undefined) throw new InvalidInput(`Invalid input for remote_ip_prefix. Reason: '${text}' is not a valid IP subnet.`);
  if ((cidr.version === 4) !== (ethertype === 'IPv4')) throw new SecurityGroupRuleParameterConflict(ethertype, text);
  return { remote_ip_prefix: full, normalized_cidr: formatCidr(cidr) };
}
