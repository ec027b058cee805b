import type { PolicyRule } from '@virga/contract';
import { Bug, currentRequest, Forbidden, type Caller, type Fault } from '@virga/kernel';
import { parseCheck, type Check, type Subject } from './check.js';

/** The attributes that rules mention, built from what was read, never from input alone. */
export type Target = Readonly<Record<string, unknown>>;

export interface PolicyOptions {
  /** Every rule of the service: base rules that others name, and those of its endpoints. */
  rules: Iterable<PolicyRule>;
  /** An operator's policy.yaml: rule names with their checks. */
  overrides?: Readonly<Record<string, string>>;
}

/** Decides what callers may do. Services call `require` once per request, before they reveal or change anything. */
export class Policy {
  private readonly checks = new Map<string, Check>();
  private readonly texts = new Map<string, string>();

  constructor(options: PolicyOptions) {
    for (const { name, check } of options.rules) this.texts.set(name, check);
    for (const [name, check] of Object.entries(options.overrides ?? {})) this.texts.set(name, check);
    for (const [name, check] of this.texts) this.checks.set(name, parseCheck(check));
  }

  /** Throws where the rule does not hold: `Forbidden`, or what `hiddenAs` makes where the target's existence is a secret. */
  require(caller: Caller, rule: PolicyRule, target: Target = {}, hiddenAs?: () => Fault): void {
    if (this.allows(caller, rule, target)) return;
    if (hiddenAs !== undefined) throw hiddenAs();
    throw new Forbidden('policy.forbidden', `Policy doesn't allow ${rule.name} to be performed.`);
  }

  /** Whether the rule holds; counts as consulting it. */
  allows(caller: Caller, rule: PolicyRule, target: Target = {}): boolean {
    currentRequest()?.consultedRules.push(rule.name);
    const check = this.checks.get(rule.name);
    if (check === undefined) throw new Bug('policy.unknown-rule', `The rule '${rule.name}' is not declared.`);
    return check(subjectOf(caller, target), this.checks);
  }

  /** The rule's check in force, for explaining a decision. */
  explain(rule: PolicyRule): string {
    return this.texts.get(rule.name) ?? '!';
  }
}

/** oslo.policy's credential names (oslo.context `to_policy_values`). */
function subjectOf(caller: Caller, target: Target): Subject {
  const { scope } = caller;
  return {
    roles: caller.roles,
    target,
    credentials: {
      user_id: caller.userId,
      user_domain_id: caller.userDomainId,
      project_id: caller.projectId,
      tenant_id: caller.projectId,
      domain_id: scope.kind === 'domain' ? scope.domainId : undefined,
      // Keystone's own rules look into the token.
      'token.domain.id': scope.kind === 'domain' ? scope.domainId : undefined,
      'token.project.domain.id': scope.kind === 'project' ? scope.projectDomainId : undefined,
      project_domain_id: scope.kind === 'project' ? scope.projectDomainId : undefined,
      system_scope: scope.kind === 'system' ? 'all' : undefined,
      is_admin: caller.roles.has('admin'),
      is_admin_project: true,
      service_roles: caller.service === undefined ? undefined : [...caller.service.roles],
    },
  };
}
