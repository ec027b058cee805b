import { isMet, isWholeInternet, type Condition, type ConditionValues } from './condition.js';
import { NARROWING_KEYS } from './condition-keys.js';
import type { Choice, PolicyDocument, PrincipalPattern, Statement } from './policy-document.js';
import { fits, fitsPattern, wildcard } from './wildcard.js';

/** Who asks, by every name that a policy may use. */
export interface Principal {
  /** The project's id and, where names are unique (the default domain), its name. */
  accounts: readonly string[];
  /** The user's id and, where names are unique, the name. */
  users: readonly string[];
  /** The name that S3 shows. */
  canonicalId: string;
}

export interface PolicyQuestion {
  /** Undefined for an anonymous request. */
  principal: Principal | undefined;
  /** `s3:GetObject` */
  action: string;
  /** `bucket` or `bucket/key` */
  resource: string;
  values: ConditionValues;
}

export type Verdict = 'allow' | 'deny' | 'silent';

/** What a policy says of a request: an explicit denial wins, whatever else allows it. */
export function evaluate(policy: PolicyDocument, question: PolicyQuestion): Verdict {
  const applying = policy.statements.filter((statement) => applies(statement, question));
  if (applying.some(({ effect }) => effect === 'Deny')) return 'deny';
  return applying.length > 0 ? 'allow' : 'silent';
}

function applies(statement: Statement, question: PolicyQuestion): boolean {
  return isChosen(statement.principals, (pattern) => isPrincipal(pattern, question.principal))
    && isChosen(statement.actions, (pattern) => fitsPattern(pattern, question.action.toLowerCase()))
    && isChosen(statement.resources, (pattern) => isResource(pattern, question))
    && statement.conditions.every((condition) => isMet(condition, question.values));
}

function isChosen<T>(choice: Choice<T>, isOne: (entry: T) => boolean): boolean {
  return choice.of.some(isOne) !== choice.isNegated;
}

function isPrincipal(pattern: PrincipalPattern, principal: Principal | undefined): boolean {
  if (pattern.kind === 'everyone') return true;
  if (principal === undefined) return false;
  if (pattern.kind === 'canonical') return pattern.id === principal.canonicalId || principal.accounts.includes(pattern.id);
  return principal.accounts.includes(pattern.account) && (pattern.kind === 'account' || principal.users.includes(pattern.user));
}

function isResource(pattern: string, question: PolicyQuestion): boolean {
  const units = wildcard(pattern, (name) => question.values(name.toLowerCase())?.[0]);
  return units !== undefined && fits(units, question.resource);
}

/** Whether the policy lets anybody in: an `Allow` for everyone (or for all but some) that no fixed condition narrows down. */
export function isPublicPolicy(policy: PolicyDocument): boolean {
  return policy.statements.some((statement) => statement.effect === 'Allow' && isForEveryone(statement.principals) && !statement.conditions.some(isNarrowing));
}

function isForEveryone(principals: Choice<PrincipalPattern>): boolean {
  return principals.isNegated || principals.of.some(({ kind }) => kind === 'everyone');
}

function isNarrowing(condition: Condition): boolean {
  if (!NARROWING_KEYS.has(condition.key) || condition.isIfExists || condition.quantifier === 'ForAllValues') return false;
  if (condition.operator === 'IpAddress') return !condition.values.some(isWholeInternet);
  return /^(String|Arn)(Equals|Like)(IgnoreCase)?$/.test(condition.operator) && !condition.values.some((value) => /[*?]|\$\{/.test(value));
}
