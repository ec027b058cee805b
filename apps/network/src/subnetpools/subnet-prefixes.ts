import { Injectable } from '@nestjs/common';
import { Invalid, raise } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { bitsOf, covers, firstFreeCidr, formatCidr, overlap, parseCidr, rangeOf, type Cidr } from '../addresses/index.js';
import { lockRow } from '../resources/index.js';
import { SubnetAllocationError, SubnetPoolNotFound, type SubnetPool } from './subnetpool.js';

class MinPrefixSubnetAllocationError extends Invalid {
  constructor(length: number, bound: number) {
    super('network.subnetpool.prefix-short', `Unable to allocate subnet with prefix length ${length}, minimum allowed prefix is ${bound}.`);
  }
}
class MaxPrefixSubnetAllocationError extends Invalid {
  constructor(length: number, bound: number) {
    super('network.subnetpool.prefix-long', `Unable to allocate subnet with prefix length ${length}, maximum allowed prefix is ${bound}.`);
  }
}
class SubnetPoolQuotaExceeded extends SubnetAllocationError {}

/** Cuts subnets' CIDRs out of pools. */
@Injectable()
export class SubnetPrefixes {
  /**
   * A CIDR of the pool that overlaps none of `taken`, the pool's subnets; the pool's row is held until the transaction ends, so that
   * nobody else cuts meanwhile. Throws where the pool has none, or the project has had its share.
   */
  async cut(
    tx: Tx, subnetpoolId: string, owner: string, wanted: { asked: Cidr | undefined; prefixlen: number | undefined }, taken: readonly Cidr[],
  ): Promise<Cidr> {
    const pool = await lockRow<SubnetPool>(tx, 'subnetpool', subnetpoolId) ?? raise(new SubnetPoolNotFound(subnetpoolId));
    if (pool.project_id !== owner && !pool.is_shared) throw new SubnetPoolNotFound(subnetpoolId);
    const length = lengthOf(pool, wanted);
    const prefixes = pool.prefixes.map((text) => parseCidr(text) as Cidr);
    const cidr = wanted.asked === undefined ? firstFreeCidr(prefixes, taken, length) : freeOrNot(wanted.asked, prefixes, taken);
    if (cidr === undefined) throw new SubnetAllocationError(`Insufficient prefix space to allocate subnet size /${length}.`);
    await this.requireShare(tx, pool, owner, cidr);
    return cidr;
  }

  /** default_quota counts addresses (IPv4) or /64 networks (IPv6) of each project. */
  private async requireShare(tx: Tx, pool: SubnetPool, owner: string, cidr: Cidr): Promise<void> {
    if (pool.default_quota === null) return;
    const rows = await tx.sql<{ cidr: string }>`SELECT cidr::text AS cidr FROM subnet WHERE subnetpool_id = ${pool.id} AND project_id = ${owner}`;
    const used = rows.reduce((sum, row) => sum + share(parseCidr(row.cidr) as Cidr), 0);
    if (used + share(cidr) > pool.default_quota) throw new SubnetPoolQuotaExceeded('Per-tenant subnet pool prefix quota exceeded.');
  }
}

function lengthOf(pool: SubnetPool, wanted: { asked: Cidr | undefined; prefixlen: number | undefined }): number {
  const length = wanted.asked?.prefix ?? wanted.prefixlen ?? pool.default_prefixlen;
  if (length < pool.min_prefixlen) throw new MinPrefixSubnetAllocationError(length, pool.min_prefixlen);
  if (length > pool.max_prefixlen) throw new MaxPrefixSubnetAllocationError(length, pool.max_prefixlen);
  return length;
}

function freeOrNot(asked: Cidr, prefixes: readonly Cidr[], taken: readonly Cidr[]): Cidr {
  const isOfPool = prefixes.some((prefix) => covers(rangeOf(prefix), rangeOf(asked)));
  const isTaken = taken.some((other) => overlap(rangeOf(other), rangeOf(asked)));
  if (!isOfPool || isTaken) throw new SubnetAllocationError(`Cannot allocate requested subnet ${formatCidr(asked)} from the available set of prefixes.`);
  return asked;
}

function share(cidr: Cidr): number {
  return 2 ** ((cidr.version === 4 ? bitsOf(4) : 64) - cidr.prefix);
}
