import { placement } from '@virga/contracts-compute';
import type { VersionNumber } from '@virga/contract';
import { Invalid, isUuid } from '@virga/kernel';
import type { Amounts } from '../ledger.js';

/** A query parameter that says nothing we understand. */
export class QueryInvalid extends Invalid {
  constructor(message: string) {
    super('placement.query', message);
  }
}

const { placementVersions: versions } = placement;
const MAX_AMOUNT = 2_147_483_647;

/** Reads `VCPU:1,MEMORY_MB:1024`. */
export function parseResources(text: string): Amounts {
  const entries = text.split(',').map((part): [string, number] => {
    const match = /^([A-Z0-9_]{1,255}):(\d{1,10})$/.exec(part.trim());
    const amount = Number(match?.[2]);
    if (match === null || amount < 1 || amount > MAX_AMOUNT) {
      throw new QueryInvalid(`Badly formed resources parameter. Expected resources query string parameter in form: ?resources=VCPU:2,MEMORY_MB:1024. Got: ${text.slice(0, 100)}.`);
    }
    return [match[1] as string, amount];
  });
  return Object.fromEntries(entries);
}

/** Aggregates that a provider must and must not belong to: one of each list of `anyOf`, none of `noneOf`. */
export interface Membership {
  anyOf: string[][];
  noneOf: string[];
}

/** Reads `agg`, `in:agg1,agg2`, `!agg` and `!in:agg1,agg2`, also repeated, as far as the version knows them. */
export function parseMemberOf(values: string | string[] | undefined, version: VersionNumber): Membership {
  const membership: Membership = { anyOf: [], noneOf: [] };
  const each = [values ?? []].flat();
  if (each.length > 1 && version < versions.repeatedMemberOf) throw new QueryInvalid('Multiple member_of parameters are not supported');
  for (const value of each) {
    const isForbidden = value.startsWith('!');
    if (isForbidden && version < versions.forbiddenAggregates) throw new QueryInvalid('Forbidden member_of parameters are not supported');
    const uuids = aggregates(isForbidden ? value.slice(1) : value);
    if (isForbidden) membership.noneOf.push(...uuids);
    else membership.anyOf.push(uuids);
  }
  return membership;
}

function aggregates(text: string): string[] {
  const isList = text.startsWith('in:');
  const uuids = isList ? text.slice(3).split(',') : [text];
  if (!isList && text.includes(',')) throw new QueryInvalid("Multiple values for 'member_of' must be prefixed with the 'in:' keyword.");
  const wrong = uuids.find((uuid) => !isUuid(uuid.trim()));
  if (wrong !== undefined) throw new QueryInvalid(`Invalid query string parameters: Expected 'member_of' parameter to contain valid UUID(s). Got: ${wrong.slice(0, 64)}`);
  return uuids.map((uuid) => dashed(uuid.trim()));
}

/** PostgreSQL's form of a UUID. */
export function dashed(uuid: string): string {
  const hex = uuid.replaceAll('-', '').toLowerCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Traits that must and must not be there: one of each list of `required`, none of `forbidden`. */
export interface TraitRules {
  required: string[][];
  forbidden: string[];
}

export const NO_TRAIT_RULES: TraitRules = { required: [], forbidden: [] };

/** Reads `T1,!T2` and `in:T1,T2`, also repeated, as far as the version knows them. */
export function parseRequired(values: string | string[] | undefined, version: VersionNumber): TraitRules {
  const rules: TraitRules = { required: [], forbidden: [] };
  const each = [values ?? []].flat();
  // Of several, older versions took the last one.
  for (const value of version < versions.anyTraits ? each.slice(-1) : each) {
    if (value.startsWith('in:') && version >= versions.anyTraits) rules.required.push(namesOf(value.slice(3), value));
    else addRules(rules, value, version);
  }
  const contradiction = rules.required.find((names) => names.length === 1 && rules.forbidden.includes(names[0] as string));
  if (contradiction !== undefined) throw new QueryInvalid(`A trait cannot be both required and forbidden: ${contradiction.join()}`);
  return rules;
}

function addRules(rules: TraitRules, value: string, version: VersionNumber): void {
  for (const part of value.split(',').map((name) => name.trim())) {
    if (part.startsWith('!') && version >= versions.forbiddenTraits) rules.forbidden.push(...namesOf(part.slice(1), value));
    else rules.required.push(namesOf(part, value));
  }
}

function namesOf(text: string, whole: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => !/^[A-Z0-9_]{1,255}$/.test(name))) {
    throw new QueryInvalid(`Invalid query string parameters: Expected 'required' parameter value of the form: HW_CPU_X86_VMX,!CUSTOM_MAGIC. Got: ${whole.slice(0, 100)}`);
  }
  return names;
}
