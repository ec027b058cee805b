import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import {
  createSecurityGroup, createSecurityGroupRule, deleteSecurityGroup, deleteSecurityGroupRule, listSecurityGroupRules, listSecurityGroups, showSecurityGroup,
  showSecurityGroupRule, updateSecurityGroup,
} from '@virga/contracts-network';
import { Endpoint } from '@virga/http';
import { expectedRevision } from '../access/index.js';
import { fieldsOf, listRequest, page, pageLinks, visibleFields } from '../listing/index.js';
import { SecurityGroupRulesService } from './security-group-rules.service.js';
import { SecurityGroupsService } from './security-groups.service.js';
import { ruleView, securityGroupView } from './security-groups.views.js';

const NOTHING: ReadonlySet<string> = new Set();

@Controller()
export class SecurityGroupsController {
  constructor(private readonly groups: SecurityGroupsService, private readonly rules: SecurityGroupRulesService) {}

  @Endpoint(createSecurityGroup)
  async create({ caller, body }: InputOf<typeof createSecurityGroup>): Promise<OutputOf<typeof createSecurityGroup>> {
    return { security_group: securityGroupView(await this.groups.create(caller, body.security_group)) };
  }

  @Endpoint(listSecurityGroups)
  async list({ caller, query, request }: InputOf<typeof listSecurityGroups>): Promise<OutputOf<typeof listSecurityGroups>> {
    const list = listRequest(query);
    const groups = await this.groups.list(caller, list);
    const views = groups.map((group) => visibleFields(securityGroupView(group), list.fields, NOTHING));
    return page('security_groups', views, pageLinks(request, list, groups)) as OutputOf<typeof listSecurityGroups>;
  }

  @Endpoint(showSecurityGroup)
  async show({ caller, params, query }: InputOf<typeof showSecurityGroup>): Promise<OutputOf<typeof showSecurityGroup>> {
    return { security_group: visibleFields(securityGroupView(await this.groups.show(caller, params['security_group_id'] ?? '')), fieldsOf(query), NOTHING) };
  }

  @Endpoint(updateSecurityGroup)
  async update({ caller, params, body, request }: InputOf<typeof updateSecurityGroup>): Promise<OutputOf<typeof updateSecurityGroup>> {
    return { security_group: securityGroupView(await this.groups.update(caller, params['security_group_id'] ?? '', body.security_group, expectedRevision(request))) };
  }

  @Endpoint(deleteSecurityGroup)
  async delete({ caller, params, request }: InputOf<typeof deleteSecurityGroup>): Promise<void> {
    await this.groups.delete(caller, params['security_group_id'] ?? '', expectedRevision(request));
  }

  @Endpoint(createSecurityGroupRule)
  async createRule({ caller, body }: InputOf<typeof createSecurityGroupRule>): Promise<OutputOf<typeof createSecurityGroupRule>> {
    const rules = await this.rules.create(caller, body.security_group_rules ?? (body.security_group_rule === undefined ? [] : [body.security_group_rule]));
    const views = rules.map(ruleView);
    return body.security_group_rules === undefined ? { security_group_rule: views[0] ?? {} } : { security_group_rules: views };
  }

  @Endpoint(listSecurityGroupRules)
  async listRules({ caller, query, request }: InputOf<typeof listSecurityGroupRules>): Promise<OutputOf<typeof listSecurityGroupRules>> {
    const list = listRequest(query);
    const rules = await this.rules.list(caller, list);
    return page('security_group_rules', rules.map((rule) => visibleFields(ruleView(rule), list.fields, NOTHING)), pageLinks(request, list, rules)) as OutputOf<typeof listSecurityGroupRules>;
  }

  @Endpoint(showSecurityGroupRule)
  async showRule({ caller, params, query }: InputOf<typeof showSecurityGroupRule>): Promise<OutputOf<typeof showSecurityGroupRule>> {
    return { security_group_rule: visibleFields(ruleView(await this.rules.show(caller, params['security_group_rule_id'] ?? '')), fieldsOf(query), NOTHING) };
  }

  @Endpoint(deleteSecurityGroupRule)
  async deleteRule({ caller, params }: InputOf<typeof deleteSecurityGroupRule>): Promise<void> {
    await this.rules.delete(caller, params['security_group_rule_id'] ?? '');
  }
}
