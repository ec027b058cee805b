import { Nullable, T, Timestamp, closed, endpoint } from '@virga/contract';
import { CidrText, Description, ListQuery, Name, PageLinks, ResourceId, ShowQuery, WireBoolean, WireInteger, oneOrMany, ownerAttributes, standardView } from './attributes.js';
import { securityGroupsPolicy } from './rules/index.js';

/** One thing that a security group allows. */
export const SecurityGroupRuleView = T.Object({
  id: T.String(),
  project_id: T.String(),
  tenant_id: T.String(),
  security_group_id: T.String(),
  direction: T.String(),
  ethertype: T.String(),
  protocol: Nullable(T.String()),
  port_range_min: Nullable(T.Integer()),
  port_range_max: Nullable(T.Integer()),
  remote_ip_prefix: Nullable(T.String()),
  normalized_cidr: Nullable(T.String()),
  remote_group_id: Nullable(T.String()),
  remote_address_group_id: T.Null(),
  description: T.String(),
  tags: T.Array(T.String()),
  revision_number: T.Integer(),
  created_at: Timestamp,
  updated_at: Timestamp,
});

/** A set of rules that ports are under. */
export const SecurityGroupView = T.Object({
  ...standardView,
  stateful: T.Boolean(),
  shared: T.Boolean(),
  security_group_rules: T.Array(T.Partial(SecurityGroupRuleView)),
});

const One = T.Object({ security_group: T.Partial(SecurityGroupView) });
const OneRule = T.Object({ security_group_rule: T.Partial(SecurityGroupRuleView) });
const notFound = 'network.security-group.not-found';

export const SecurityGroupCreate = closed({ name: Name, description: T.Optional(Description), stateful: T.Optional(WireBoolean), ...ownerAttributes });
export const SecurityGroupRuleCreate = closed({
  ...ownerAttributes,
  security_group_id: ResourceId,
  direction: T.String({ maxLength: 16 }),
  ethertype: T.Optional(Nullable(T.String({ maxLength: 16 }))),
  protocol: T.Optional(Nullable(T.Union([T.String({ maxLength: 40 }), T.Integer()]))),
  port_range_min: T.Optional(Nullable(WireInteger)),
  port_range_max: T.Optional(Nullable(WireInteger)),
  remote_ip_prefix: T.Optional(Nullable(CidrText)),
  remote_group_id: T.Optional(Nullable(ResourceId)),
  remote_address_group_id: T.Optional(T.Null()),
  description: T.Optional(Description),
});

export const createSecurityGroup = endpoint({
  route: 'POST /security-groups', isShownAgain: true, summary: 'Create a security group', body: closed({ security_group: SecurityGroupCreate }), view: One, replies: 201,
  policy: securityGroupsPolicy.create, charges: { security_group: 1, security_group_rule: 2 }, cli: { command: 'security group create', columns: ['id', 'name'] },
});
export const listSecurityGroups = endpoint({
  route: 'GET /security-groups', summary: 'List security groups', query: ListQuery,
  view: T.Object({ security_groups: T.Array(T.Partial(SecurityGroupView)), security_groups_links: T.Optional(PageLinks) }), replies: 200, policy: securityGroupsPolicy.get,
  cli: { command: 'security group list', columns: ['id', 'name', 'description', 'project_id'] },
});
export const showSecurityGroup = endpoint({
  route: 'GET /security-groups/{security_group_id}', summary: 'Show a security group', query: ShowQuery, view: One, replies: 200, policy: securityGroupsPolicy.get,
  fails: [notFound], cli: { command: 'security group show' },
});
export const updateSecurityGroup = endpoint({
  route: 'PUT /security-groups/{security_group_id}', summary: 'Change a security group',
  body: closed({ security_group: closed({ name: T.Optional(Name), description: T.Optional(Description), stateful: T.Optional(WireBoolean) }) }), view: One, replies: 200,
  policy: securityGroupsPolicy.update, alsoConsults: [securityGroupsPolicy.get], fails: [notFound], cli: { command: 'security group set' },
});
export const deleteSecurityGroup = endpoint({
  route: 'DELETE /security-groups/{security_group_id}', summary: 'Delete a security group', replies: 204, policy: securityGroupsPolicy.delete, alsoConsults: [securityGroupsPolicy.get],
  fails: [notFound, 'network.security-group.in-use'], cli: { command: 'security group delete' },
});
export const createSecurityGroupRule = endpoint({
  route: 'POST /security-group-rules', isShownAgain: true, summary: 'Add a rule to a security group, or several', body: oneOrMany('security_group_rule', 'security_group_rules', SecurityGroupRuleCreate),
  view: T.Object({ security_group_rule: T.Optional(T.Partial(SecurityGroupRuleView)), security_group_rules: T.Optional(T.Array(T.Partial(SecurityGroupRuleView))) }),
  replies: 201, policy: securityGroupsPolicy.createRule, alsoConsults: [securityGroupsPolicy.get], charges: { security_group_rule: 1 },
  fails: [notFound, 'network.security-group-rule.exists'], cli: { command: 'security group rule create' },
});
export const listSecurityGroupRules = endpoint({
  route: 'GET /security-group-rules', summary: 'List security group rules', query: ListQuery,
  view: T.Object({ security_group_rules: T.Array(T.Partial(SecurityGroupRuleView)), security_group_rules_links: T.Optional(PageLinks) }), replies: 200,
  policy: securityGroupsPolicy.getRule, cli: { command: 'security group rule list' },
});
export const showSecurityGroupRule = endpoint({
  route: 'GET /security-group-rules/{security_group_rule_id}', summary: 'Show a security group rule', query: ShowQuery, view: OneRule, replies: 200,
  policy: securityGroupsPolicy.getRule, fails: ['network.security-group-rule.not-found'], cli: { command: 'security group rule show' },
});
export const deleteSecurityGroupRule = endpoint({
  route: 'DELETE /security-group-rules/{security_group_rule_id}', summary: 'Take a rule out of a security group', replies: 204, policy: securityGroupsPolicy.deleteRule,
  alsoConsults: [securityGroupsPolicy.getRule], fails: ['network.security-group-rule.not-found'], cli: { command: 'security group rule delete' },
});

export const networkEndpointsOfSecurityGroups = {
  createSecurityGroup, listSecurityGroups, showSecurityGroup, updateSecurityGroup, deleteSecurityGroup,
  createSecurityGroupRule, listSecurityGroupRules, showSecurityGroupRule, deleteSecurityGroupRule,
};
