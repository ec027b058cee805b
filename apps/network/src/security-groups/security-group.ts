import { Conflict, NotFound } from '@virga/kernel';
import { newStandard, type Standard } from '../resources/index.js';

export type EtherType = 'IPv4' | 'IPv6';

/** One thing that a group allows, as read. */
export interface SecurityGroupRule extends Standard {
  security_group_id: string;
  direction: 'ingress' | 'egress';
  ethertype: EtherType;
  /** A name, a number as text, or null for any. */
  protocol: string | null;
  port_range_min: number | null;
  port_range_max: number | null;
  remote_ip_prefix: string | null;
  /** The prefix without bits beyond its length. */
  normalized_cidr: string | null;
  remote_group_id: string | null;
}

/** A security group as read. */
export interface SecurityGroup extends Standard {
  name: string;
  is_default: boolean;
  is_stateful: boolean;
  rules: SecurityGroupRule[];
}

export class SecurityGroupNotFound extends NotFound {
  constructor(id: string) {
    super('network.security-group.not-found', `Security group ${id} does not exist`);
  }
}

export class SecurityGroupRuleNotFound extends NotFound {
  constructor(id: string) {
    super('network.security-group-rule.not-found', `Security group rule ${id} does not exist`);
  }
}

export class SecurityGroupInUse extends Conflict {
  constructor(id: string) {
    super('network.security-group.in-use', `Security Group ${id} in use.`);
  }
}

export class SecurityGroupRuleExists extends Conflict {
  constructor() {
    super('network.security-group-rule.exists', 'Security group rule already exists: the group has one with the same meaning.');
  }
}

export class SecurityGroupDefaultAlreadyExists extends Conflict {
  constructor() {
    super('network.security-group.default-exists', 'Default security group already exists.');
  }
}

export class SecurityGroupCannotUpdateDefault extends Conflict {
  constructor() {
    super('network.security-group.default-fixed', 'Updating default security group not allowed.');
  }
}

export class SecurityGroupCannotRemoveDefault extends Conflict {
  constructor() {
    super('network.security-group.default-kept', 'Insufficient rights for removing default security group.');
  }
}

export const DEFAULT_GROUP = 'default';

function newRule(group: Standard, rule: Pick<SecurityGroupRule, 'direction' | 'ethertype' | 'remote_group_id'>, now: number): SecurityGroupRule {
  return {
    ...newStandard(group.project_id, undefined, now), security_group_id: group.id,
    protocol: null, port_range_min: null, port_range_max: null, remote_ip_prefix: null, normalized_cidr: null, ...rule,
  };
}

/** What every new group allows: everything outwards; the default group also everything between its members. */
export function initialRules(group: Standard & { is_default: boolean }, now: number): SecurityGroupRule[] {
  const families: EtherType[] = ['IPv4', 'IPv6'];
  return families.flatMap((ethertype) => [
    newRule(group, { direction: 'egress', ethertype, remote_group_id: null }, now),
    ...(group.is_default ? [newRule(group, { direction: 'ingress', ethertype, remote_group_id: group.id }, now)] : []),
  ]);
}
