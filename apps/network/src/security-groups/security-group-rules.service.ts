import { Injectable } from '@nestjs/common';
import type { Static } from '@virga/contract';
import { securityGroupsPolicy, type SecurityGroupRuleCreate } from '@virga/contracts-network';
import { raise, type Caller } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { Access } from '../access/index.js';
import type { ListRequest } from '../listing/index.js';
import { units } from '../realization/index.js';
import { deleteRow, lockRow, newStandard, touchRows } from '../resources/index.js';
import { ruleRequest } from './rule-request.js';
import { SecurityGroupNotFound, SecurityGroupRuleNotFound, type SecurityGroup, type SecurityGroupRule } from './security-group.js';
import { SecurityGroupsRepository } from './security-groups.repository.js';
import { SecurityGroupParts, groupTarget } from './security-groups.service.js';

type Body = Static<typeof SecurityGroupRuleCreate>;

@Injectable()
export class SecurityGroupRulesService {
  constructor(private readonly parts: SecurityGroupParts, private readonly groups: SecurityGroupsRepository, private readonly access: Access) {}

  async create(caller: Caller, bodies: readonly Body[]): Promise<SecurityGroupRule[]> {
    const { db, realizations, realizer, clock } = this.parts;
    const ids = [...new Set(bodies.map((body) => body.security_group_id))].sort();
    const rules = await db.transaction(async (tx) => {
      const owned = new Map<string, SecurityGroup>();
      for (const id of ids) owned.set(id, await this.lockedFor(tx, caller, id));
      const fresh = bodies.map((body): SecurityGroupRule => {
        const group = owned.get(body.security_group_id) ?? raise(new SecurityGroupNotFound(body.security_group_id));
        return { ...newStandard(group.project_id, body.description, clock.now()), ...ruleRequest(body), security_group_id: group.id };
      });
      await this.requireRemoteGroups(tx, caller, fresh);
      await this.charge(tx, fresh);
      await this.groups.insertRules(tx, fresh);
      await touchRows(tx, 'security_group', ids, new Date(clock.now()));
      await realizations.changed(tx, units('security-group', ids));
      return fresh;
    });
    await realizer.settleNow(units('security-group', ids));
    return this.groups.findRules(rules.map(({ id }) => id));
  }

  list(caller: Caller, request: ListRequest): Promise<SecurityGroupRule[]> {
    return this.groups.listRules(request, this.access.scope(caller, securityGroupsPolicy.getRule));
  }

  async show(caller: Caller, id: string): Promise<SecurityGroupRule> {
    const rule = await this.get(id);
    this.access.require(caller, { see: securityGroupsPolicy.getRule }, groupTarget(rule), () => new SecurityGroupRuleNotFound(id));
    return rule;
  }

  async delete(caller: Caller, id: string): Promise<void> {
    const rule = await this.get(id);
    this.access.require(caller, { see: securityGroupsPolicy.getRule, act: securityGroupsPolicy.deleteRule }, groupTarget(rule), () => new SecurityGroupRuleNotFound(id));
    const { db, realizations, realizer, clock } = this.parts;
    const told = units('security-group', [rule.security_group_id]);
    await db.transaction(async (tx) => {
      await lockRow(tx, 'security_group', rule.security_group_id);
      if (!(await deleteRow(tx, 'security_group_rule', id))) throw new SecurityGroupRuleNotFound(id);
      await touchRows(tx, 'security_group', [rule.security_group_id], new Date(clock.now()));
      await realizations.changed(tx, told);
    });
    await realizer.settleNow(told);
  }

  private async lockedFor(tx: Tx, caller: Caller, id: string): Promise<SecurityGroup> {
    const group = await lockRow<SecurityGroup>(tx, 'security_group', id) ?? raise(new SecurityGroupNotFound(id));
    this.access.require(caller, { see: securityGroupsPolicy.get, act: securityGroupsPolicy.createRule }, groupTarget(group), () => new SecurityGroupNotFound(id));
    return group;
  }

  /** A group that the caller may not see does not exist. */
  private async requireRemoteGroups(tx: Tx, caller: Caller, rules: readonly SecurityGroupRule[]): Promise<void> {
    const ids = [...new Set(rules.flatMap(({ remote_group_id: id }) => (id === null ? [] : [id])))];
    if (ids.length === 0) return;
    const scope = this.access.scope(caller, securityGroupsPolicy.get);
    const existing = await this.groups.existing(tx, ids, scope.all ? undefined : caller.projectId);
    const missing = ids.find((id) => !existing.has(id));
    if (missing !== undefined) throw new SecurityGroupNotFound(missing);
  }

  private async charge(tx: Tx, rules: readonly SecurityGroupRule[]): Promise<void> {
    for (const project of [...new Set(rules.map((rule) => rule.project_id))].sort()) {
      await this.parts.quotas.charge(tx, { project }, { security_group_rule: rules.filter((rule) => rule.project_id === project).length });
    }
  }

  private async get(id: string): Promise<SecurityGroupRule> {
    return await this.groups.findRule(this.parts.db, id) ?? raise(new SecurityGroupRuleNotFound(id));
  }
}
