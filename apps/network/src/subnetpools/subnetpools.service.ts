import { Inject, Injectable } from '@nestjs/common';
import { isTrue, type BodyOf, type PolicyRule } from '@virga/contract';
import { subnetPoolsPolicy, type createSubnetPool, type updateSubnetPool } from '@virga/contracts-network';
import { CLOCK, raise, type Caller, type Clock } from '@virga/kernel';
import { Database, onUnique, type Tx } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { Access, requireRevision } from '../access/index.js';
import { formatCidr, parseCidr, type Cidr } from '../addresses/index.js';
import type { ListRequest } from '../listing/index.js';

import { changeRow, given, lockRow, newStandard } from '../resources/index.js';
import { SubnetPoolNotFound, lengthsOf, prefixesOf, requireSuperset, withoutPrefixes, type Lengths, type SubnetPool } from './subnetpool.js';
import { SubnetPoolsRepository, secondDefault } from './subnetpools.repository.js';

type CreateBody = BodyOf<typeof createSubnetPool>['subnetpool'];
type UpdateBody = BodyOf<typeof updateSubnetPool>['subnetpool'];

const poolTarget = (pool: SubnetPool) => ({ project_id: pool.project_id, tenant_id: pool.project_id, shared: pool.is_shared });

@Injectable()
export class SubnetPoolsService {
  constructor(
    @Inject(Database) private readonly db: Database, private readonly pools: SubnetPoolsRepository, private readonly quotas: Quotas,
    private readonly access: Access, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async create(caller: Caller, body: CreateBody): Promise<SubnetPool> {
    const owner = this.access.ownerOf(caller, body);
    this.access.requireAct(caller, subnetPoolsPolicy.create, { project_id: owner });
    const [isShared, isDefault] = [isTrue(body.shared) ?? false, isTrue(body.is_default) ?? false];
    if (isShared) this.access.requireAct(caller, subnetPoolsPolicy.createShared, { project_id: owner });
    if (isDefault) this.access.requireAct(caller, subnetPoolsPolicy.createDefault, { project_id: owner });
    const prefixes = prefixesOf(body.prefixes);
    const version = prefixes[0]?.version ?? 4;
    const pool = {
      ...newStandard(owner, body.description, this.clock.now()), name: body.name, ip_version: version, prefixes: prefixes.map(formatCidr),
      ...lengthsOf(lengths(body), version), default_quota: numberOf(body.default_quota) ?? null, is_default: isDefault, is_shared: isShared,
    };
    await this.db.transaction(async (tx) => {
      await this.quotas.charge(tx, { project: owner }, { subnetpool: 1 });
      await this.pools.insert(tx, pool);
    });
    return pool;
  }

  list(caller: Caller, request: ListRequest): Promise<SubnetPool[]> {
    return this.pools.list(request, this.access.scope(caller, subnetPoolsPolicy.get));
  }

  async show(caller: Caller, id: string): Promise<SubnetPool> {
    const pool = await this.get(id);
    this.access.require(caller, { see: subnetPoolsPolicy.get }, poolTarget(pool), () => new SubnetPoolNotFound(id));
    return pool;
  }

  async update(caller: Caller, id: string, body: UpdateBody, revision: number | undefined): Promise<SubnetPool> {
    if (body.is_default !== undefined) this.access.requireAct(caller, subnetPoolsPolicy.updateDefault, poolTarget(await this.get(id)));
    return this.change(caller, id, subnetPoolsPolicy.update, async (tx, pool) => {
      requireRevision(revision, pool);
      const prefixes = body.prefixes === undefined ? undefined : prefixesOf(body.prefixes);
      if (prefixes !== undefined) requireSuperset(pool.prefixes, prefixes);
      const asked = lengths(body);
      const bounds = Object.keys(asked).length === 0 ? {} : lengthsOf({ ...lengthsIn(pool), ...asked }, pool.ip_version === 4 ? 4 : 6);
      const changes = given({
        name: body.name, description: body.description, is_default: isTrue(body.is_default), prefixes: prefixes?.map(formatCidr),
        default_quota: body.default_quota === null ? null : numberOf(body.default_quota), ...bounds,
      });
      await changeRow(tx, 'subnetpool', id, changes, new Date(this.clock.now())).catch(onUnique('subnetpool_default_once', secondDefault));
    });
  }

  async addPrefixes(caller: Caller, id: string, added: readonly string[]): Promise<SubnetPool> {
    return this.change(caller, id, subnetPoolsPolicy.addPrefixes, async (tx, pool) => {
      const prefixes = prefixesOf([...pool.prefixes, ...added]).map(formatCidr);
      await changeRow(tx, 'subnetpool', id, { prefixes }, new Date(this.clock.now()));
    });
  }

  async removePrefixes(caller: Caller, id: string, removed: readonly string[]): Promise<SubnetPool> {
    return this.change(caller, id, subnetPoolsPolicy.removePrefixes, async (tx, pool) => {
      const subnets = (await this.pools.cidrs(tx, id)).map((text) => parseCidr(text) as Cidr);
      const prefixes = withoutPrefixes(pool.prefixes, prefixesOf(removed), subnets);
      await changeRow(tx, 'subnetpool', id, { prefixes }, new Date(this.clock.now()));
    });
  }

  async delete(caller: Caller, id: string, revision: number | undefined): Promise<void> {
    const pool = await this.get(id);
    this.access.require(caller, { see: subnetPoolsPolicy.get, act: subnetPoolsPolicy.delete }, poolTarget(pool), () => new SubnetPoolNotFound(id));
    await this.db.transaction(async (tx) => {
      requireRevision(revision, await lockRow<SubnetPool>(tx, 'subnetpool', id) ?? raise(new SubnetPoolNotFound(id)));
      await this.pools.delete(tx, id);
    });
  }

  private async change(caller: Caller, id: string, act: PolicyRule, work: (tx: Tx, pool: SubnetPool) => Promise<void>): Promise<SubnetPool> {
    const before = await this.get(id);
    this.access.require(caller, { see: subnetPoolsPolicy.get, act }, poolTarget(before), () => new SubnetPoolNotFound(id));
    await this.db.transaction(async (tx) => work(tx, await lockRow<SubnetPool>(tx, 'subnetpool', id) ?? raise(new SubnetPoolNotFound(id))));
    return this.get(id);
  }

  private async get(id: string): Promise<SubnetPool> {
    return await this.pools.find(this.db, id) ?? raise(new SubnetPoolNotFound(id));
  }
}

function numberOf(value: number | string | null | undefined): number | undefined {
  return value === undefined || value === null ? undefined : Number(value);
}

function lengths(body: UpdateBody): Partial<Lengths> {
  const entries = (['min_prefixlen', 'default_prefixlen', 'max_prefixlen'] as const).flatMap((name) => {
    const length = numberOf(body[name]);
    return length === undefined ? [] : [[name, length] as const];
  });
  return Object.fromEntries(entries);
}

function lengthsIn({ min_prefixlen, default_prefixlen, max_prefixlen }: SubnetPool): Lengths {
  return { min_prefixlen, default_prefixlen, max_prefixlen };
}
