import { Inject, Injectable } from '@nestjs/common';
import { isTrue, type Static } from '@virga/contract';
import type { SubnetCreate } from '@virga/contracts-network';
import { CLOCK, type Clock } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { formatCidr, formatIp, parseCidr, type Cidr, type IpRange } from '../addresses/index.js';
import { InvalidInput } from '../listing/index.js';

import { newStandard } from '../resources/index.js';
import { SubnetPrefixes } from '../subnetpools/index.js';
import { gatewayOf, hostRoutesOf, nameserversOf, poolsOf, requireModes, subnetCidr, versionOf } from './addressing.js';
import { BadRequest } from './subnet.js';
import type { SubnetRow } from './subnet.row.js';
import { SubnetsRepository } from './subnets.repository.js';

type Body = Static<typeof SubnetCreate>;

export interface NewSubnet {
  row: SubnetRow;
  pools: IpRange[];
}

/** Makes subnets from what is asked, cutting their CIDRs out of pools where that is asked. */
@Injectable()
export class SubnetCreation {
  constructor(
    private readonly subnets: SubnetsRepository, private readonly prefixes: SubnetPrefixes, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The caller holds the network's row. */
  async create(tx: Tx, body: Body, owner: string): Promise<NewSubnet> {
    const { cidr, subnetpoolId } = await this.placed(tx, body, owner);
    const overlapping = await this.subnets.overlapping(tx, body.network_id, formatCidr(cidr));
    if (overlapping !== undefined) {
      throw new InvalidInput(`Invalid input for operation: Requested subnet with cidr: ${formatCidr(cidr)} for network: ${body.network_id} overlaps with another subnet.`);
    }
    const subnet = newSubnet(body, owner, cidr, subnetpoolId, this.clock.now());
    await this.subnets.insert(tx, subnet.row, subnet.pools);
    return subnet;
  }

  private async placed(tx: Tx, body: Body, owner: string): Promise<{ cidr: Cidr; subnetpoolId: string | null }> {
    const asked = body.cidr === undefined || body.cidr === null ? undefined : subnetCidr(body.cidr);
    const subnetpoolId = await this.poolOf(tx, body, asked);
    if (asked !== undefined && body.prefixlen !== undefined) throw new BadRequest('cidr and prefixlen must not be supplied together');
    if (subnetpoolId === undefined) {
      versionOf(body.ip_version, asked);
      if (asked === undefined) throw new BadRequest('a subnetpool must be specified in the absence of a cidr');
      return { cidr: asked, subnetpoolId: null };
    }
    const taken = (await this.subnets.cidrsOfPool(tx, subnetpoolId)).map((text) => parseCidr(text) as Cidr);
    const prefixlen = body.prefixlen === undefined ? undefined : Number(body.prefixlen);
    const cidr = await this.prefixes.cut(tx, subnetpoolId, owner, { asked, prefixlen }, taken);
    versionOf(body.ip_version, cidr);
    return { cidr, subnetpoolId };
  }

  private async poolOf(tx: Tx, body: Body, asked: Cidr | undefined): Promise<string | undefined> {
    if (isTrue(body.use_default_subnetpool) !== true) return body.subnetpool_id ?? undefined;
    if (body.subnetpool_id) throw new BadRequest('subnetpool_id and use_default_subnetpool cannot both be specified');
    const version = versionOf(body.ip_version, asked);
    const pool = await this.subnets.defaultPool(tx, version);
    if (pool === undefined) throw new BadRequest(`No default subnetpool found for IPv${version}`);
    return pool;
  }
}

function newSubnet(body: Body, owner: string, cidr: Cidr, subnetpoolId: string | null, now: number): NewSubnet {
  const gateway = gatewayOf(body.gateway_ip, cidr);
  const isDhcpEnabled = isTrue(body.enable_dhcp) ?? true;
  requireModes({ ra: body.ipv6_ra_mode ?? undefined, address: body.ipv6_address_mode ?? undefined }, { cidr, isDhcpEnabled });
  const pools = poolsOf(body.allocation_pools, cidr, gateway);
  const row: SubnetRow = {
    ...newStandard(owner, body.description, now),
    network_id: body.network_id, subnetpool_id: subnetpoolId, name: body.name ?? '',
    ip_version: cidr.version, cidr: formatCidr(cidr), gateway_ip: gateway === undefined ? null : formatIp(gateway), enable_dhcp: isDhcpEnabled,
    ipv6_ra_mode: body.ipv6_ra_mode ?? null, ipv6_address_mode: body.ipv6_address_mode ?? null,
    dns_nameservers: nameserversOf(body.dns_nameservers), host_routes: hostRoutesOf(body.host_routes, cidr.version), service_types: [],
  };
  return { row, pools };
}
