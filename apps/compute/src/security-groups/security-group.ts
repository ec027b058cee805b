import type { BodyOf, OutputOf, Reply } from '@virga/contract';
import type { proxies } from '@virga/contracts-compute';
import { Invalid } from '@virga/kernel';
import { isIP } from 'node:net';

type Body<Output> = Exclude<Output, void | Reply<unknown>>;
export type GroupView = Body<OutputOf<typeof proxies.listSecurityGroups>>['security_groups'][number];
type RuleView = GroupView['rules'][number];
type WantedRule = BodyOf<typeof proxies.createSecurityGroupRule>['security_group_rule'];

/** A rule as the network service has it. */
export interface NetworkRule {
  id: string;
  security_group_id: string;
  direction: string;
  ethertype: string;
  protocol: string | null;
  port_range_min: number | null;
  port_range_max: number | null;
  remote_group_id: string | null;
  remote_ip_prefix: string | null;
}

export interface NetworkGroup {
  id: string;
  name: string;
  description: string;
  project_id: string;
  security_group_rules: NetworkRule[];
}

class RuleInvalid extends Invalid {
  constructor(message: string) {
    super('compute.security-group-rule.invalid', message);
  }
}

/** A group as Nova shows it: only what comes in; rules whose source group is not among `sources` are left out. */
export function groupView(group: NetworkGroup, sources: ReadonlyMap<string, NetworkGroup>): GroupView {
  const rules = group.security_group_rules.filter(({ direction }) => direction === 'ingress');
  const visible = rules.filter(({ remote_group_id: source }) => source === null || sources.has(source));
  return { id: group.id, name: group.name, description: group.description, tenant_id: group.project_id, rules: visible.map((rule) => ruleView(rule, sources)) };
}

export function ruleView(rule: NetworkRule, sources: ReadonlyMap<string, NetworkGroup>): RuleView {
  const [from, to] = portsOf(rule);
  const source = rule.remote_group_id === null ? undefined : sources.get(rule.remote_group_id);
  const anywhere = rule.ethertype === 'IPv6' ? '::/0' : '0.0.0.0/0';
  return {
    id: rule.id, parent_group_id: rule.security_group_id, ip_protocol: rule.protocol, from_port: from, to_port: to,
    group: source === undefined ? {} : { name: source.name, tenant_id: source.project_id },
    ip_range: rule.remote_group_id === null ? { cidr: rule.remote_ip_prefix ?? anywhere } : {},
  };
}

/** Nova says every port where the network service says none. */
function portsOf({ protocol, port_range_min: from, port_range_max: to }: NetworkRule): [number | null, number | null] {
  if (protocol === null || from !== null || to !== null) return [from, to];
  return ['tcp', 'udp'].includes(protocol.toLowerCase()) ? [1, 65_535] : [-1, -1];
}

/** The groups that rules name as their source. */
export function sourcesOf(groups: readonly NetworkGroup[]): string[] {
  return [...new Set(groups.flatMap(({ security_group_rules: rules }) => rules.map(({ remote_group_id: source }) => source).filter((source) => source !== null)))];
}

/** Reads Nova's form of a rule; throws `Invalid` for ports, protocols and addresses that make no sense. Pure. */
export function networkRule(wanted: WantedRule): Record<string, unknown> {
  const source = typeof wanted.group_id === 'string' ? { remote_group_id: wanted.group_id, ethertype: 'IPv4' } : addressSource(wanted.cidr ?? '0.0.0.0/0');
  return { security_group_id: wanted.parent_group_id, direction: 'ingress', ...source, ...traffic(wanted) };
}

/** Protocol and ports; a rule about addresses must say them. */
function traffic(wanted: WantedRule): Record<string, unknown> {
  const isFromGroup = typeof wanted.group_id === 'string';
  const protocol = wanted.ip_protocol?.toLowerCase();
  const [from, to] = wantedPorts(wanted, protocol, isFromGroup);
  if (protocol === undefined || from === undefined || to === undefined) {
    if (isFromGroup) return {};
    throw new RuleInvalid('Not enough parameters to build a valid rule.');
  }
  requirePorts(protocol, from, to);
  return { protocol, ...(from >= 0 && { port_range_min: from }), ...(to >= 0 && { port_range_max: to }) };
}

/** A source group opens every port where none is said. */
function wantedPorts({ from_port: from, to_port: to }: WantedRule, protocol: string | undefined, isFromGroup: boolean): [number | undefined, number | undefined] {
  const isOpen = isFromGroup && (from ?? null) === null && (to ?? null) === null;
  if (isOpen && protocol === 'icmp') return [-1, -1];
  if (isOpen && (protocol === 'tcp' || protocol === 'udp')) return [1, 65_535];
  return [portNumber(from), portNumber(to)];
}

function portNumber(value: number | string | null | undefined): number | undefined {
  if (value === null || value === undefined) return undefined;
  const number = Number(value);
  if (value === '' || !Number.isInteger(number)) throw new RuleInvalid('Invalid input received: To and From ports must be integers');
  return number;
}

function requirePorts(protocol: string, from: number, to: number): void {
  if (!['tcp', 'udp', 'icmp'].includes(protocol)) throw new RuleInvalid(`Invalid IP protocol ${protocol}`);
  if (protocol === 'icmp' ? from < -1 || from > 255 || to < -1 || to > 255 : from > to || from < 1 || to > 65_535) {
    throw new RuleInvalid(`Invalid port range ${from}:${to}.${protocol === 'icmp' ? ' For ICMP, the type:code must be valid' : ''}`);
  }
}

function addressSource(cidr: string): Record<string, string> {
  const [, address = '', prefix] = CIDR.exec(cidr.trim()) ?? [];
  const version = isIP(address);
  const most = version === 6 ? 128 : 32;
  const bits = prefix === undefined ? most : Number(prefix);
  if (version === 0 || bits > most) throw new RuleInvalid(`Invalid cidr ${cidr.slice(0, 64)}.`);
  if (bits === 0 && !ANYWHERE.has(address)) throw new RuleInvalid(`Bad prefix for network in cidr ${cidr}`);
  return { remote_ip_prefix: `${address}/${bits}`, ethertype: version === 6 ? 'IPv6' : 'IPv4' };
}

const CIDR = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/;
const ANYWHERE = new Set(['0.0.0.0', '::']);
