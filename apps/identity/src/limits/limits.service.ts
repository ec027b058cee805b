import { Injectable } from '@nestjs/common';
import type { BodyOf } from '@virga/contract';
import { createLimits, deleteLimit, listLimits, showLimit, showLimitModel, updateLimit } from '@virga/contracts-identity';
import { Invalid, newHexId, type Caller } from '@virga/kernel';
import { Database, fragment, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Missing, pageOf, textFilters, textOf, Unknown, type Listed, type Query } from '../listing/index.js';
import { ProjectsRepository } from '../projects/index.js';
import { LimitUnregistered, type Limit } from './limit.js';
import { LimitsRepository } from './limits.repository.js';
import { RegisteredLimitsRepository } from './registered-limits.repository.js';

type New = BodyOf<typeof createLimits>['limits'][number];
type Change = BodyOf<typeof updateLimit>['limit'];

@Injectable()
export class LimitsService {
  constructor(
    private readonly db: Database, private readonly limits: LimitsRepository, private readonly registered: RegisteredLimitsRepository,
    private readonly projects: ProjectsRepository, private readonly policy: Policy,
  ) {}

  async create(caller: Caller, requested: readonly New[]): Promise<Limit[]> {
    this.policy.require(caller, createLimits.policy);
    return this.db.transaction(async (tx) => {
      const ids: string[] = [];
      for (const one of requested) ids.push(await this.insert(tx, one));
      const made = await this.limits.find(tx, [fragment`l.id = ANY (${ids})`], pageOf({}));
      return ids.flatMap((id) => made.entries.filter((limit) => limit.id === id));
    });
  }

  /** All limits for administrators and system readers, else those of the token's project or domain. */
  async list(caller: Caller, query: Query): Promise<Listed<Limit>> {
    this.policy.require(caller, listLimits.policy);
    const seesAll = this.policy.allows(caller, showLimit.policy);
    const { projectId } = caller;
    const own = caller.scope.kind === 'domain' ? caller.scope.domainId : projectId ?? '';
    return this.limits.find(this.db, [
      ...(seesAll ? [] : [fragment`l.project_id = ${own}`]),
      ...ofTarget(textOf(query, 'project_id'), false), ...ofTarget(textOf(query, 'domain_id'), true),
      ...textFilters(query, { service_id: 'r.service_id', region_id: 'r.region_id', resource_name: 'r.resource_name' }),
    ], pageOf(query));
  }

  requireModel(caller: Caller): void {
    this.policy.require(caller, showLimitModel.policy);
  }

  async get(caller: Caller, id: string): Promise<Limit> {
    const limit = await this.find(this.db, id);
    this.policy.require(caller, showLimit.policy, limit === undefined ? {} : {
      target: { limit: { project_id: limit.projectId ?? 'None', domain: { id: limit.domainId }, project: { domain_id: limit.projectDomainId } } },
    });
    return limit ?? missing(id);
  }

  async update(caller: Caller, id: string, change: Change): Promise<Limit> {
    this.policy.require(caller, updateLimit.policy);
    return this.db.transaction(async (tx) => {
      if (!await this.limits.update(tx, id, change.resource_limit ?? null, change.description)) missing(id);
      return await this.find(tx, id) ?? missing(id);
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    this.policy.require(caller, deleteLimit.policy);
    if (!await this.db.transaction((tx) => this.limits.delete(tx, id))) missing(id);
  }

  private async find(db: Reader, id: string): Promise<Limit | undefined> {
    return (await this.limits.find(db, [fragment`l.id = ${id}`], pageOf({}))).entries[0];
  }

  private async insert(tx: Tx, one: New): Promise<string> {
    const targetId = await this.targetOf(tx, one);
    const registered = await this.registered.findFor(tx, one.service_id, one.region_id ?? null, one.resource_name);
    if (registered === undefined) throw new LimitUnregistered(one.resource_name);
    const id = newHexId();
    await this.limits.insert(tx, {
      id, registeredLimitId: registered.id, targetId, resourceName: one.resource_name, resourceLimit: one.resource_limit, description: one.description ?? null,
    });
    return id;
  }

  private async targetOf(tx: Tx, { project_id: projectId, domain_id: domainId }: New): Promise<string> {
    const isDomain = typeof domainId === 'string';
    const id = isDomain ? domainId : projectId;
    if (typeof id !== 'string' || (isDomain && typeof projectId === 'string')) throw new Invalid('identity.limit.target', "A limit is for a 'project_id' or a 'domain_id'.");
    const target = await this.projects.find(tx, id);
    if (target === undefined || target.isDomain !== isDomain) throw new Unknown(isDomain ? 'domain' : 'project', id);
    return id;
  }
}

function ofTarget(id: string | undefined, isDomain: boolean): Fragment[] {
  return id === undefined ? [] : [fragment`l.project_id = ${id} AND p.is_domain = ${isDomain}`];
}

function missing(id: string): never {
  throw new Missing('limit', id);
}
