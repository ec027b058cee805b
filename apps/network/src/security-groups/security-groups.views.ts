import type { Static } from '@virga/contract';
import type { SecurityGroupRuleView, SecurityGroupView } from '@virga/contracts-network';
import { standardAttributes } from '../resources/index.js';
import type { SecurityGroup, SecurityGroupRule } from './security-group.js';

export function securityGroupView(group: SecurityGroup): Static<typeof SecurityGroupView> {
  return {
    ...standardAttributes(group),
    name: group.name,
    stateful: group.is_stateful,
    shared: false,
    security_group_rules: group.rules.map(ruleView),
  };
}

export function ruleView(rule: SecurityGroupRule): Static<typeof SecurityGroupRuleView> {
  return {
    // Inside a group, rules come as JSON, with times as text.
    ...standardAttributes({ ...rule, created_at: new Date(rule.created_at), updated_at: new Date(rule.updated_at) }),
    security_group_id: rule.security_group_id,
    direction: rule.direction,
    ethertype: rule.ethertype,
    protocol: rule.protocol,
    port_range_min: rule.port_range_min,
    port_range_max: rule.port_range_max,
    remote_ip_prefix: rule.remote_ip_prefix,
    normalized_cidr: rule.normalized_cidr,
    remote_group_id: rule.remote_group_id,
    remote_address_group_id: null,
  };
}
