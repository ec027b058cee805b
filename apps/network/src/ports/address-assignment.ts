import { Injectable } from '@nestjs/common';
import type { Tx } from '@virga/persistence';
import {
  AddressesRepository, IpAddressGenerationFailure, IpAddressInUse, contains, eui64, formatIp, hostRange, parseCidr, parseIp, rangeOf, type Cidr, type Ip,
} from '../addresses/index.js';
import { InvalidInput } from '../listing/index.js';
import { InvalidIpForNetwork, InvalidIpForSubnet, isRouterPort, type FixedIp } from './port.js';

/** What a request says of one address: where from, or which, or both. */
export interface WantedIp {
  subnet_id?: string | undefined;
  ip_address?: string | undefined;
}

/** The port that addresses are for. */
export interface Addressee {
  id: string;
  network_id: string;
  mac_address: string;
  device_owner: string;
}

interface NetworkSubnet {
  id: string;
  cidr: Cidr;
  /** Hosts choose their address themselves, from their MAC. */
  isAutomatic: boolean;
}

/** Gives ports their addresses: those asked for, or one of each address family. */
@Injectable()
export class AddressAssignment {
  constructor(private readonly addresses: AddressesRepository) {}

  /** Gives a new port its addresses; `undefined` leaves the choice to us. */
  async assign(tx: Tx, port: Addressee, wanted: readonly WantedIp[] | undefined): Promise<void> {
    const subnets = await this.subnetsOf(tx, port.network_id);
    const chosen = wanted === undefined ? await this.assignUsual(tx, port, subnets) : await this.assignWanted(tx, port, subnets, wanted, { exact: [], any: [] });
    await this.assignAutomatic(tx, port, subnets, chosen);
  }

  /** Gives a new port one IPv4 address of any of the network's subnets; undefined where there is none. */
  async assignIpv4(tx: Tx, port: Addressee): Promise<FixedIp | undefined> {
    const subnets = await this.subnetsOf(tx, port.network_id);
    return this.firstFree(tx, port, subnets.filter((subnet) => subnet.cidr.version === 4), 0);
  }

  /** Makes a port's addresses those that are wanted, keeping what it has already; answers the addresses that it lost. */
  async reassign(tx: Tx, port: Addressee, before: readonly FixedIp[], wanted: readonly WantedIp[]): Promise<string[]> {
    const subnets = await this.subnetsOf(tx, port.network_id);
    const resolved = wanted.map((entry) => this.resolve(port, subnets, entry));
    const kept = keptOf(before, resolved);
    const lost = before.filter((fixed) => !kept.exact.includes(fixed) && !kept.any.includes(fixed));
    for (const fixed of lost) await this.addresses.free(tx, port.id, fixed.subnet_id, fixed.ip_address);
    const ips = await this.assignWanted(tx, port, subnets, wanted, kept);
    await this.assignAutomatic(tx, port, subnets, ips);
    await this.addresses.reorder(tx, port.id, ips.map((fixed) => fixed.ip_address));
    return lost.map((fixed) => fixed.ip_address);
  }

  private async subnetsOf(tx: Tx, networkId: string): Promise<NetworkSubnet[]> {
    const rows = await tx.sql<{ id: string; cidr: string; mode: string | null }>`
      SELECT id, cidr::text AS cidr, ipv6_address_mode AS mode FROM subnet WHERE network_id = ${networkId} ORDER BY created_at, id`;
    return rows.map((row) => ({ id: row.id, cidr: parseCidr(row.cidr) as Cidr, isAutomatic: row.mode === 'slaac' || row.mode === 'dhcpv6-stateless' }));
  }

  /** One address of each family, from whichever subnet has one. */
  private async assignUsual(tx: Tx, port: Addressee, subnets: readonly NetworkSubnet[]): Promise<FixedIp[]> {
    const chosen: FixedIp[] = [];
    for (const version of [4, 6]) {
      const candidates = subnets.filter((subnet) => subnet.cidr.version === version && !subnet.isAutomatic);
      const found = await this.firstFree(tx, port, candidates, chosen.length);
      if (found !== undefined) chosen.push(found);
      else if (candidates.length > 0) throw new IpAddressGenerationFailure(port.network_id);
    }
    return chosen;
  }

  private async firstFree(tx: Tx, port: Addressee, subnets: readonly NetworkSubnet[], position: number): Promise<FixedIp | undefined> {
    for (const subnet of subnets) {
      const ip = await this.addresses.allocateAny(tx, { subnetId: subnet.id, portId: port.id, position });
      if (ip !== undefined) return { subnet_id: subnet.id, ip_address: ip };
    }
    return undefined;
  }

  private async assignWanted(
    tx: Tx, port: Addressee, subnets: readonly NetworkSubnet[], wanted: readonly WantedIp[], kept: Kept,
  ): Promise<FixedIp[]> {
    const chosen: FixedIp[] = [];
    for (const [position, entry] of wanted.entries()) {
      const { subnet, ip } = this.resolve(port, subnets, entry);
      const [present] = ip === undefined
        ? taken(kept.any, (fixed) => fixed.subnet_id === subnet.id) : taken(kept.exact, (fixed) => fixed.ip_address === ip);
      chosen.push(present ?? await this.take(tx, port, subnet, ip, position));
    }
    return chosen;
  }

  private async take(tx: Tx, port: Addressee, subnet: NetworkSubnet, ip: string | undefined, position: number): Promise<FixedIp> {
    const allocation = { subnetId: subnet.id, portId: port.id, position };
    if (ip !== undefined) {
      if (!(await this.addresses.allocateExactly(tx, allocation, ip))) throw new IpAddressInUse(ip, port.network_id);
      return { subnet_id: subnet.id, ip_address: ip };
    }
    const any = await this.addresses.allocateAny(tx, allocation);
    if (any === undefined) throw new IpAddressGenerationFailure(port.network_id);
    return { subnet_id: subnet.id, ip_address: any };
  }

  /** Which subnet an entry means, and which address where it says so or the subnet does. Throws for what cannot be. */
  private resolve(port: Addressee, subnets: readonly NetworkSubnet[], entry: WantedIp): { subnet: NetworkSubnet; ip: string | undefined } {
    const ip = entry.ip_address === undefined ? undefined : parseIp(entry.ip_address);
    if (entry.ip_address !== undefined && ip === undefined) throw new InvalidInput(`Invalid input for fixed_ips. Reason: '${entry.ip_address}' is not a valid IP address.`);
    if (entry.subnet_id === undefined && ip === undefined) throw new InvalidInput('Invalid input for operation: IP allocation requires subnet_id or ip_address.');
    const subnet = entry.subnet_id === undefined
      ? subnets.find(({ cidr }) => ip !== undefined && contains(rangeOf(cidr), ip))
      : subnets.find(({ id }) => id === entry.subnet_id);
    if (subnet === undefined) throw unknownSubnet(port, entry);
    return { subnet, ip: addressIn(port, subnet, ip) };
  }

  /** Guests take an address in every SLAAC subnet, whether anybody asks or not; routers only where they are told to. */
  private async assignAutomatic(tx: Tx, port: Addressee, subnets: readonly NetworkSubnet[], chosen: FixedIp[]): Promise<void> {
    if (isRouterPort(port.device_owner) || port.device_owner === 'network:distributed') return;
    const missing = subnets.filter((subnet) => subnet.isAutomatic && !chosen.some((fixed) => fixed.subnet_id === subnet.id));
    for (const subnet of missing) {
      const ip = formatIp({ version: 6, value: eui64(subnet.cidr, port.mac_address) });
      chosen.push(await this.take(tx, port, subnet, ip, chosen.length));
    }
  }
}

function addressIn(port: Addressee, subnet: NetworkSubnet, ip: Ip | undefined): string | undefined {
  const isAutomatic = subnet.isAutomatic && !isRouterPort(port.device_owner);
  const own = isAutomatic ? eui64(subnet.cidr, port.mac_address) : undefined;
  if (ip === undefined) return own === undefined ? undefined : formatIp({ version: 6, value: own });
  if (!isUsable(subnet.cidr, ip)) throw new InvalidIpForSubnet(formatIp(ip));
  if (own !== undefined && own !== ip.value) {
    throw new InvalidInput(`Invalid input for operation: IPv6 address ${formatIp(ip)} cannot be directly assigned to a port on subnet ${subnet.id} as the subnet is configured for automatic addresses.`);
  }
  return formatIp(ip);
}

/** IPv6 routers may have the subnet-router anycast address; nobody may have IPv4's network or broadcast address. */
function isUsable(cidr: Cidr, ip: Ip): boolean {
  const usable = cidr.version === 6 ? undefined : hostRange(cidr);
  return contains(usable ?? rangeOf(cidr), ip);
}

function unknownSubnet(port: Addressee, entry: WantedIp): Error {
  if (entry.subnet_id === undefined) return new InvalidIpForNetwork(entry.ip_address ?? '');
  return new InvalidInput(`Invalid input for operation: Failed to create port on network ${port.network_id}, because fixed_ips included invalid subnet ${entry.subnet_id}.`);
}

/** Addresses that a port keeps: those asked for by name, and those that serve where any of a subnet will do. */
interface Kept {
  exact: FixedIp[];
  any: FixedIp[];
}

/** Exact matches come first, so that `{subnet_id}` does not claim an address that `{ip_address}` beside it names. */
function keptOf(before: readonly FixedIp[], wanted: readonly { subnet: NetworkSubnet; ip: string | undefined }[]): Kept {
  const left = [...before];
  const exact = wanted.flatMap(({ ip }) => (ip === undefined ? [] : taken(left, (fixed) => fixed.ip_address === ip)));
  const any = wanted.flatMap(({ subnet, ip }) => (ip === undefined ? taken(left, (fixed) => fixed.subnet_id === subnet.id) : []));
  return { exact, any };
}

/** Takes the first match out of the list. */
function taken(list: FixedIp[], matches: (fixed: FixedIp) => boolean): FixedIp[] {
  const at = list.findIndex(matches);
  return at < 0 ? [] : list.splice(at, 1);
}
