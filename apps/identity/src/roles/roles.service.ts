import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import {
  checkImpliedRole, createImpliedRole, createRole, deleteImpliedRole, deleteRole, domainRoleRules, listImpliedRoles, listRoleInferences, listRoles,
  showImpliedRole, showRole, updateRole,
} from '@virga/contracts-identity';
import { newHexId, NotFound, type Caller } from '@virga/kernel';
import { Database, fragment } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { changedOptions, Immutable, Missing, pageOf, requireUnchanged, textFilters, textOf, type Attributes, type Listed, type Query } from '../listing/index.js';
import { requireImpliable, type Implication, type Role } from './role.js';
import { RolesRepository } from './roles.repository.js';
import { roleChange } from './roles.views.js';

/** The attributes that rules mention of a role; a role of the whole cloud is of domain `None`. */
export function roleTarget(role: Role | undefined) {
  return role === undefined ? undefined : { id: role.id, name: role.name, domain_id: role.domainId ?? 'None' };
}

@Injectable()
export class RolesService {
  constructor(private readonly db: Database, private readonly roles: RolesRepository, private readonly policy: Policy) {}

  async create(caller: Caller, body: Attributes): Promise<Role> {
    const domainId = (body['domain_id'] as string | null | undefined) ?? null;
    this.policy.require(caller, domainId === null ? createRole.policy : domainRoleRules.create);
    const change = roleChange(body);
    const role: Role = { id: newHexId(), name: '', domainId, description: null, extra: {}, ...change, options: changedOptions({}, change.options) };
    await this.db.transaction((tx) => this.roles.insert(tx, role));
    return role;
  }

  async list(caller: Caller, query: Query): Promise<Listed<Role>> {
    const domainId = textOf(query, 'domain_id');
    this.policy.require(caller, domainId === undefined ? listRoles.policy : domainRoleRules.list);
    return this.roles.page(this.db, [
      domainId === undefined ? fragment`r.domain_id IS NULL` : fragment`r.domain_id = ${domainId}`,
      ...textFilters(query, { name: 'r.name', id: 'r.id', description: 'r.description' }),
    ], pageOf(query));
  }

  get(caller: Caller, id: string): Promise<Role> {
    return this.require(caller, showRole.policy, domainRoleRules.show, id);
  }

  async update(caller: Caller, id: string, body: Attributes): Promise<Role> {
    await this.require(caller, updateRole.policy, domainRoleRules.update, id);
    return this.db.transaction(async (tx) => {
      const seen = await this.roles.lock(tx, id) ?? missing(id);
      requireUnchanged(body['domain_id'], seen.domainId, 'domain_id');
      const change = roleChange(body);
      const lifts = change.options?.['immutable'] === false || change.options?.['immutable'] === null;
      if (seen.options['immutable'] === true && !lifts) throw new Immutable('role', id);
      return this.roles.update(tx, seen, { ...change, extra: { ...seen.extra, ...change.extra }, options: changedOptions(seen.options, change.options) });
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    await this.require(caller, deleteRole.policy, domainRoleRules.delete, id);
    await this.db.transaction(async (tx) => {
      const seen = await this.roles.lock(tx, id) ?? missing(id);
      if (seen.options['immutable'] === true) throw new Immutable('role', id);
      await this.roles.delete(tx, id);
    });
  }

  async implied(caller: Caller, priorId: string): Promise<{ prior: Role; implications: Implication[] }> {
    this.policy.require(caller, listImpliedRoles.policy);
    const prior = await this.roles.find(this.db, priorId) ?? missing(priorId);
    return { prior, implications: await this.roles.implications(this.db, priorId) };
  }

  async implication(caller: Caller, priorId: string, impliedId: string, use: 'show' | 'check'): Promise<Implication> {
    this.policy.require(caller, (use === 'show' ? showImpliedRole : checkImpliedRole).policy);
    const found = (await this.roles.implications(this.db, priorId)).find(({ implied }) => implied.id === impliedId);
    return found ?? notImplied(priorId, impliedId);
  }

  async inferences(caller: Caller): Promise<Implication[]> {
    this.policy.require(caller, listRoleInferences.policy);
    return this.roles.implications(this.db);
  }

  async imply(caller: Caller, priorId: string, impliedId: string): Promise<Implication> {
    this.policy.require(caller, createImpliedRole.policy);
    return this.db.transaction(async (tx) => {
      const prior = await this.roles.find(tx, priorId) ?? missing(priorId);
      const implied = await this.roles.find(tx, impliedId) ?? missing(impliedId);
      requireImpliable(prior, implied);
      await this.roles.imply(tx, priorId, impliedId);
      return { prior, implied };
    });
  }

  async unimply(caller: Caller, priorId: string, impliedId: string): Promise<void> {
    this.policy.require(caller, deleteImpliedRole.policy);
    if (!await this.db.transaction((tx) => this.roles.unimply(tx, priorId, impliedId))) notImplied(priorId, impliedId);
  }

  private async require(caller: Caller, globalRule: PolicyRule, domainRule: PolicyRule, id: string): Promise<Role> {
    const role = await this.roles.find(this.db, id);
    const isOfDomain = role !== undefined && role.domainId !== null;
    this.policy.require(caller, isOfDomain ? domainRule : globalRule, role === undefined ? {} : { target: { role: roleTarget(role) } });
    return role ?? missing(id);
  }
}

function missing(id: string): never {
  throw new Missing('role', id);
}

function notImplied(priorId: string, impliedId: string): never {
  throw new NotFound('identity.role.not-implied', `The role ${priorId} does not imply ${impliedId}.`);
}
