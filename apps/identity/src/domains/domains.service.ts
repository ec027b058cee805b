import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { createDomain, deleteDomain, listDomains, showDomain, updateDomain } from '@virga/contracts-identity';
import { Forbidden, newHexId, type Caller } from '@virga/kernel';
import { Database, fragment, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { booleanFilter, Immutable, Missing, pageOf, textFilters, type Attributes, type Listed, type Query } from '../listing/index.js';
import { isImmutable, newDomain, projectChange, ProjectsRepository, ProjectsService, type Project } from '../projects/index.js';

@Injectable()
export class DomainsService {
  constructor(
    private readonly db: Database, private readonly projects: ProjectsRepository, private readonly changes: ProjectsService, private readonly policy: Policy,
  ) {}

  async create(caller: Caller, body: Attributes): Promise<Project> {
    this.policy.require(caller, createDomain.policy);
    const domain = newDomain((body['explicit_domain_id'] as string | undefined) ?? newHexId(), projectChange(body));
    await this.db.transaction((tx) => this.projects.insert(tx, domain));
    return domain;
  }

  async list(caller: Caller, query: Query): Promise<Listed<Project>> {
    const own = caller.scope.kind === 'domain' ? caller.scope.domainId : undefined;
    this.policy.require(caller, listDomains.policy, { target: { domain: { id: own } } });
    return this.projects.page(this.db, [
      fragment`p.is_domain`,
      ...(own === undefined ? [] : [fragment`p.id = ${own}`]),
      ...textFilters(query, { name: 'p.name', description: 'p.description', id: 'p.id' }),
      ...booleanFilter(query, 'enabled', 'p.enabled'),
    ], pageOf(query));
  }

  get(caller: Caller, id: string): Promise<Project> {
    return this.require(caller, showDomain.policy, id);
  }

  async update(caller: Caller, id: string, body: Attributes): Promise<Project> {
    await this.require(caller, updateDomain.policy, id);
    return this.db.transaction(async (tx) => this.changes.apply(tx, await this.lock(tx, id), projectChange(body)));
  }

  async delete(caller: Caller, id: string): Promise<void> {
    await this.require(caller, deleteDomain.policy, id);
    await this.db.transaction(async (tx) => {
      const seen = await this.lock(tx, id);
      if (isImmutable(seen)) throw new Immutable('domain', id);
      if (seen.isEnabled) throw new Forbidden('identity.domain.enabled', 'An enabled domain cannot be deleted; disable it first.');
      await this.projects.delete(tx, id);
    });
  }

  private async require(caller: Caller, rule: PolicyRule, id: string): Promise<Project> {
    const found = await this.projects.find(this.db, id);
    const domain = found?.isDomain === true ? found : undefined;
    this.policy.require(caller, rule, domain === undefined ? {} : { target: { domain: { id } } });
    return domain ?? missing(id);
  }

  private async lock(tx: Tx, id: string): Promise<Project> {
    const found = await this.projects.lock(tx, id);
    return found?.isDomain === true ? found : missing(id);
  }
}

function missing(id: string): never {
  throw new Missing('domain', id);
}
