import { Injectable } from '@nestjs/common';
import type { BodyOf } from '@virga/contract';
import { createRegisteredLimits, deleteRegisteredLimit, listRegisteredLimits, showRegisteredLimit, updateRegisteredLimit } from '@virga/contracts-identity';
import { newHexId, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Missing, pageOf, textFilters, type Listed, type Query } from '../listing/index.js';
import { RegisteredLimitInUse, type RegisteredLimit } from './limit.js';
import { RegisteredLimitsRepository } from './registered-limits.repository.js';

type New = BodyOf<typeof createRegisteredLimits>['registered_limits'][number];
type Change = BodyOf<typeof updateRegisteredLimit>['registered_limit'];

@Injectable()
export class RegisteredLimitsService {
  constructor(private readonly db: Database, private readonly limits: RegisteredLimitsRepository, private readonly policy: Policy) {}

  async create(caller: Caller, requested: readonly New[]): Promise<RegisteredLimit[]> {
    this.policy.require(caller, createRegisteredLimits.policy);
    const limits = requested.map((one) => ({
      id: newHexId(), serviceId: one.service_id, regionId: one.region_id ?? null, resourceName: one.resource_name, defaultLimit: one.default_limit,
      description: one.description ?? null,
    }));
    await this.db.transaction(async (tx) => {
      for (const limit of limits) await this.limits.insert(tx, limit);
    });
    return limits;
  }

  async list(caller: Caller, query: Query): Promise<Listed<RegisteredLimit>> {
    this.policy.require(caller, listRegisteredLimits.policy);
    return this.limits.page(this.db, textFilters(query, { service_id: 'r.service_id', region_id: 'r.region_id', resource_name: 'r.resource_name' }), pageOf(query));
  }

  async get(caller: Caller, id: string): Promise<RegisteredLimit> {
    this.policy.require(caller, showRegisteredLimit.policy);
    return await this.limits.find(this.db, id) ?? missing(id);
  }

  async update(caller: Caller, id: string, change: Change): Promise<RegisteredLimit> {
    this.policy.require(caller, updateRegisteredLimit.policy);
    return this.db.transaction(async (tx) => {
      const seen = await this.limits.lock(tx, id) ?? missing(id);
      const next = changed(seen, change);
      if (isOther(next, seen) && await this.limits.hasLimits(tx, id)) throw new RegisteredLimitInUse(id);
      await this.limits.update(tx, next);
      return next;
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    this.policy.require(caller, deleteRegisteredLimit.policy);
    if (!await this.db.transaction((tx) => this.limits.delete(tx, id))) missing(id);
  }
}

function changed(seen: RegisteredLimit, change: Change): RegisteredLimit {
  return {
    ...seen,
    ...(change.service_id !== undefined && { serviceId: change.service_id }), ...(change.region_id !== undefined && { regionId: change.region_id }),
    ...(change.resource_name !== undefined && { resourceName: change.resource_name }),
    ...(change.default_limit !== undefined && { defaultLimit: change.default_limit }), ...(change.description !== undefined && { description: change.description }),
  };
}

/** Whether it would limit something else than before. */
function isOther(next: RegisteredLimit, seen: RegisteredLimit): boolean {
  return next.serviceId !== seen.serviceId || next.regionId !== seen.regionId || next.resourceName !== seen.resourceName;
}

function missing(id: string): never {
  throw new Missing('registered-limit', id);
}
