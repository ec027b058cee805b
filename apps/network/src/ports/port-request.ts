import { isTrue, type Static } from '@virga/contract';
import type { PortCreate, PortUpdate } from '@virga/contracts-network';
import { canonicalMac, formatCidr, formatIp, newMac, parseCidr, parseIp } from '../addresses/index.js';
import { InvalidInput } from '../listing/index.js';
import { newStandard } from '../resources/index.js';
import {
  AddressPairAndPortSecurityRequired, DuplicateAddressPairInRequest, PortSecurityAndIPRequiredForSecurityGroups, isNetworkDevice,
  type AddressPair, type DhcpOption, type PortFacts,
} from './port.js';

type CreateBody = Static<typeof PortCreate>;
type UpdateBody = Static<typeof PortUpdate>;

/** What a create body asks for, addresses and groups aside. Throws `InvalidInput`. */
export function newPort(body: CreateBody, owner: string, network: { port_security_enabled: boolean }, now: number): PortFacts {
  const mac = body.mac_address === undefined ? newMac() : requireMac(body.mac_address);
  const deviceOwner = body.device_owner ?? '';
  const isProtected = isNetworkDevice(deviceOwner) ? false : isTrue(body.port_security_enabled) ?? network.port_security_enabled;
  const pairs = addressPairs(body.allowed_address_pairs, mac);
  requireConsistent({ isProtected, groups: body.security_groups ?? [], pairs });
  return {
    ...newStandard(owner, body.description, now),
    tags: [...new Set(body.tags ?? [])],
    network_id: body.network_id, name: body.name ?? '', mac_address: mac, admin_state_up: isTrue(body.admin_state_up) ?? true,
    status: 'DOWN', device_id: body.device_id ?? '', device_owner: deviceOwner, port_security_enabled: isProtected,
    allowed_address_pairs: pairs, extra_dhcp_opts: dhcpOptions(body.extra_dhcp_opts, []), dns_name: dnsName(body.dns_name),
    ...binding(body), nic_index: null,
  };
}

function binding(body: CreateBody): Pick<PortFacts, 'vnic_type' | 'host_id' | 'binding_profile'> {
  return { vnic_type: body['binding:vnic_type'] ?? 'normal', host_id: body['binding:host_id'] ?? '', binding_profile: body['binding:profile'] ?? {} };
}

/** The columns of a row that an update body changes. Throws `InvalidInput` and what contradicts itself. */
export function portChanges(port: PortFacts & { security_groups: string[] }, body: UpdateBody) {
  const mac = body.mac_address ? requireMac(body.mac_address) : undefined;
  const pairs = ifGiven(body.allowed_address_pairs, (asked) => addressPairs(asked, mac ?? port.mac_address));
  const isProtected = isTrue(body.port_security_enabled);
  requireConsistent({
    isProtected: isProtected ?? port.port_security_enabled,
    groups: ifGiven(body.security_groups, (asked) => asked ?? []) ?? port.security_groups,
    pairs: pairs ?? port.allowed_address_pairs,
  });
  return {
    name: body.name, description: body.description, admin_state_up: isTrue(body.admin_state_up), device_id: body.device_id, device_owner: body.device_owner,
    mac_address: mac, port_security_enabled: isProtected, allowed_address_pairs: pairs,
    extra_dhcp_opts: ifGiven(body.extra_dhcp_opts, (asked) => dhcpOptions(asked, port.extra_dhcp_opts)),
    dns_name: ifGiven(body.dns_name, dnsName), vnic_type: body['binding:vnic_type'],
    host_id: ifGiven(body['binding:host_id'], (asked) => asked ?? ''), binding_profile: ifGiven(body['binding:profile'], (asked) => asked ?? {}),
  };
}

function ifGiven<Asked, Read>(asked: Asked | undefined, read: (asked: Asked) => Read): Read | undefined {
  return asked === undefined ? undefined : read(asked);
}

export function requireMac(text: string): string {
  const mac = canonicalMac(text);
  if (mac === undefined) throw new InvalidInput(`Invalid input for mac_address. Reason: '${text}' is not a valid MAC address.`);
  return mac;
}

function requireConsistent({ isProtected, groups, pairs }: { isProtected: boolean; groups: readonly string[]; pairs: readonly AddressPair[] }): void {
  if (!isProtected && groups.length > 0) throw new PortSecurityAndIPRequiredForSecurityGroups();
  if (!isProtected && pairs.length > 0) throw new AddressPairAndPortSecurityRequired();
}

function addressPairs(asked: CreateBody['allowed_address_pairs'], mac: string): AddressPair[] {
  const seen = new Set<string>();
  return (asked ?? []).map((pair) => {
    const entry = { ip_address: addressOrCidr(pair.ip_address), mac_address: pair.mac_address === undefined ? mac : requireMac(pair.mac_address) };
    const key = `${entry.ip_address} ${entry.mac_address}`;
    if (seen.has(key)) throw new DuplicateAddressPairInRequest(entry);
    seen.add(key);
    return entry;
  });
}

function addressOrCidr(text: string): string {
  const ip = parseIp(text);
  if (ip !== undefined) return formatIp(ip);
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new InvalidInput(`Invalid input for allowed_address_pairs. Reason: '${text}' is neither a valid IP address, nor is it a valid IP subnet.`);
  return formatCidr(cidr);
}

/** Options by name and version: a value replaces, null removes (extension extra_dhcp_opt). */
function dhcpOptions(asked: CreateBody['extra_dhcp_opts'], before: readonly DhcpOption[]): DhcpOption[] {
  const options = new Map(before.map((option) => [`${option.ip_version} ${option.opt_name}`, option]));
  for (const option of asked ?? []) {
    const version = Number(option.ip_version ?? 4);
    if (version !== 4 && version !== 6) throw new InvalidInput(`Invalid input for extra_dhcp_opts. Reason: '${version}' is not in [4, 6].`);
    const key = `${version} ${option.opt_name}`;
    if (option.opt_value === null) options.delete(key);
    else options.set(key, { opt_name: option.opt_name, opt_value: option.opt_value, ip_version: version });
  }
  return [...options.values()];
}

const DNS_NAME = /^(?=.{1,253}\.?$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.?$/i;

function dnsName(text: string | undefined): string {
  if (text === undefined || text === '') return '';
  if (!DNS_NAME.test(text)) throw new InvalidInput(`Invalid input for dns_name. Reason: '${text}' is not a valid DNS name.`);
  return text.toLowerCase();
}
