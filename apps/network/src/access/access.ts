import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { basePolicy } from '@virga/contracts-network';
import { Forbidden, Invalid, ownEntry, type Caller, type Fault } from '@virga/kernel';
import { Policy, type Target } from '@virga/policy';

/** Which things of one kind a caller may see: everything, or what is theirs, shared, or external. */
export interface Scope {
  all: boolean;
  own: string | undefined;
  shared: boolean;
  external: boolean;
}

/** What a body says of the owner. */
interface Owned {
  project_id?: string;
  tenant_id?: string;
}

/** Asks the policy what the slices need to know. */
@Injectable()
export class Access {
  constructor(private readonly policy: Policy) {}

  /** What of a list the caller may see; consults the rule, and never refuses: a list may be empty. */
  scope(caller: Caller, see: PolicyRule): Scope {
    const project = caller.projectId;
    const own = { 'project_id': project, 'network:project_id': project, 'security_group:project_id': project };
    return {
      all: this.policy.allows(caller, see),
      own: project !== undefined && this.policy.allows(caller, see, own) ? project : undefined,
      shared: this.policy.allows(caller, see, { shared: true }),
      external: this.policy.allows(caller, see, { 'router:external': true }),
    };
  }

  /** Throws `hiddenAs` where the caller may not see the target, `Forbidden` where they may not act on it. */
  require(caller: Caller, rules: { see: PolicyRule; act?: PolicyRule }, target: Target, hiddenAs: () => Fault): void {
    this.policy.require(caller, rules.see, target, hiddenAs);
    if (rules.act !== undefined) this.policy.require(caller, rules.act, target);
  }

  /** Throws `Forbidden` where the caller may not do this at all. */
  requireAct(caller: Caller, act: PolicyRule, target: Target): void {
    this.policy.require(caller, act, target);
  }

  /** Throws `Forbidden` for the first attribute given (by wire name, `list:attribute` inside lists) that the caller may not give. */
  requireAttributes(caller: Caller, rules: Readonly<Record<string, PolicyRule>>, given: Readonly<Record<string, unknown>>, target: Target): void {
    for (const name of givenNames(given)) {
      const rule = ownEntry(rules, name);
      if (rule !== undefined) this.policy.require(caller, rule, target);
    }
  }

  /** The attributes that the caller may not see. */
  hidden(caller: Caller, rules: Readonly<Record<string, PolicyRule>>): ReadonlySet<string> {
    return new Set(Object.entries(rules).filter(([, rule]) => !this.policy.allows(caller, rule)).map(([name]) => name));
  }

  /** The project that a new thing will belong to. Throws `Forbidden` where that is another's and the caller administers nothing. */
  ownerOf(caller: Caller, body: Owned): string {
    const owner = askedOwner(caller, body);
    if (owner === caller.projectId || this.allows(caller, basePolicy.contextIsAdmin) || this.allows(caller, basePolicy.serviceApi)) return owner;
    throw new Forbidden('network.owner.other', 'Only administrators make things for other projects.');
  }

  allows(caller: Caller, rule: PolicyRule, target: Target = {}): boolean {
    return this.policy.allows(caller, rule, target);
  }
}

function givenNames(given: Readonly<Record<string, unknown>>): Set<string> {
  const names = new Set<string>();
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    names.add(name);
    for (const entry of Array.isArray(value) ? value : [value]) {
      if (typeof entry === 'object' && entry !== null) Object.keys(entry as object).forEach((key) => names.add(`${name}:${key}`));
    }
  }
  return names;
}

/** Whose a new thing will be: the project that the body names by either word, else the caller's own. */
function askedOwner(caller: Caller, { project_id: project, tenant_id: tenant }: Owned): string {
  if (project !== undefined && tenant !== undefined && project !== tenant) {
    throw new Invalid('network.owner.contradiction', 'project_id and tenant_id must be the same where both are given.');
  }
  const owner = project ?? tenant ?? caller.projectId;
  if (owner === undefined || owner === '') throw new Invalid('network.owner.missing', 'project_id must be given: the token is not for a project.');
  return owner;
}

/** A precondition (`If-Match: revision_number=3`) that does not hold any more. */
export class RevisionNumberConstraintFailed extends Forbidden {
  constructor(id: string, revision: number) {
    super('network.revision.outdated', `Constrained to ${revision}, but ${id} has a different revision number now.`, { status: 412 });
  }
}
