import { ownEntry } from '@virga/kernel';
import { versionOf } from './addresses.js';

/** How OVN writes a value: text in quotes, lists of addresses in braces, the rest plain. */
type Form = 'plain' | 'text' | 'addresses';
interface KnownOption {
  name: string;
  form: Form;
}

const known = (name: string, form: Form): KnownOption => ({ name, form });

/** What ovn-controller 23.03 can put into a DHCPv4 reply, by option number (RFC 2132 and others). */
const v4: Readonly<Record<number, KnownOption>> = {
  1: known('netmask', 'plain'), 3: known('router', 'plain'), 6: known('dns_server', 'addresses'), 7: known('log_server', 'addresses'),
  9: known('lpr_server', 'addresses'), 12: known('hostname', 'text'), 15: known('domain_name', 'text'), 16: known('swap_server', 'plain'),
  19: known('ip_forward_enable', 'plain'), 21: known('policy_filter', 'addresses'), 23: known('default_ttl', 'plain'), 26: known('mtu', 'plain'),
  28: known('broadcast_address', 'plain'), 31: known('router_discovery', 'plain'), 32: known('router_solicitation', 'plain'),
  35: known('arp_cache_timeout', 'plain'), 36: known('ethernet_encap', 'plain'), 37: known('tcp_ttl', 'plain'),
  38: known('tcp_keepalive_interval', 'plain'), 41: known('nis_server', 'addresses'), 42: known('ntp_server', 'addresses'),
  44: known('netbios_name_server', 'addresses'), 46: known('netbios_node_type', 'plain'), 51: known('lease_time', 'plain'),
  58: known('T1', 'plain'), 59: known('T2', 'plain'), 66: known('tftp_server', 'text'), 67: known('bootfile_name', 'text'),
  119: known('domain_search_list', 'text'), 121: known('classless_static_route', 'addresses'),
  150: known('tftp_server_address', 'addresses'), 210: known('path_prefix', 'text'), 249: known('ms_classless_static_route', 'addresses'),
  252: known('wpad', 'text'),
};

/** The same for DHCPv6 (RFC 3646, RFC 5970). */
const v6: Readonly<Record<number, KnownOption>> = {
  23: known('dns_server', 'addresses'), 24: known('domain_search', 'text'), 59: known('bootfile_name', 'text'),
};

/** Names that dnsmasq and OpenStack's documents use for the same options where they differ from OVN's with dashes. */
const aliases: Readonly<Record<string, number>> = {
  'server-ip-address': 150, 'tftp-server-name': 66, 'bootfile': 67, 'dns-servers': 6, 'routers': 3, 'ntp-servers': 42, 'host-name': 12,
  'static-routes': 121, 'domain-search': 119, 'interface-mtu': 26, 'dhcp-lease-time': 51, 'subnet-mask': 1, 'log-servers': 7,
};

const numberOf = (table: Readonly<Record<number, KnownOption>>, name: string): number => {
  if (/^\d+$/.test(name)) return Number(name);
  const plain = name.replaceAll('-', '_').toLowerCase();
  const found = Object.entries(table).find(([, option]) => option.name.toLowerCase() === plain);
  return found === undefined ? (ownEntry(aliases, name) ?? -1) : Number(found[0]);
};

/**
 * One extra DHCP option in OVN's words: `['mtu', '1400']`, undefined for one that OVN does not know. `name` is OVN's or dnsmasq's,
 * with dashes or underscores, or the option's number; dnsmasq's prefix `option:` (and `option6:`) may be there.
 */
export function extraDhcpOption(option: { name: string; value: string; ipVersion: 4 | 6 }): [name: string, value: string] | undefined {
  const name = option.name.replace(/^option6?:/, '');
  const table = option.ipVersion === 4 ? v4 : v6;
  const found = table[option.ipVersion === 6 && name === 'domain-search' ? 24 : numberOf(table, name)];
  // PXE firmware takes the address of its server from the field siaddr, which OVN fills from this option.
  if (found?.name === 'tftp_server' && isAddress(option.value)) return ['tftp_server_address', option.value];
  return found && [found.name, written(found.form, option.value)];
}

const isAddress = (value: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(value) && versionOf(value) === 4;

function written(form: Form, value: string): string {
  if (form === 'text') return JSON.stringify(value);
  if (form === 'plain') return value;
  return `{${value.replaceAll(/[{}]/g, '').split(',').map((part) => part.trim()).join(', ')}}`;
}
