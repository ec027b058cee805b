import { S3Error } from '../s3-error.js';
import { conditionProblem, type Condition } from './condition.js';
import { isKnownConditionKey, normalizedKey } from './condition-keys.js';
import { fitsPattern } from './wildcard.js';

/** Whom a statement is about. */
export type PrincipalPattern =
  | { kind: 'everyone' }
  /** Everybody of a project, named by its id (or its name, in the default domain). */
  | { kind: 'account'; account: string }
  | { kind: 'user'; account: string; user: string }
  /** By the name that S3 shows in Owner and grants. */
  | { kind: 'canonical'; id: string };

/** A list of which one must fit, or, negated, none may. */
export interface Choice<T> {
  isNegated: boolean;
  of: readonly T[];
}

export interface Statement {
  sid: string | undefined;
  effect: 'Allow' | 'Deny';
  principals: Choice<PrincipalPattern>;
  /** `s3:GetObject`, in lower case, with wildcards. */
  actions: Choice<string>;
  /** What follows `arn:aws:s3:::`: `bucket` or `bucket/key`, with wildcards and variables. */
  resources: Choice<string>;
  conditions: readonly Condition[];
}

/** A bucket policy that was understood in full. Every `${name}` in it is a variable. */
export interface PolicyDocument {
  statements: readonly Statement[];
}

declare module '../../containers/container.js' {
  interface ContainerSettings {
    /** The policy as it was put, which is how it is answered. */
    policy?: string;
  }
}

export const LARGEST_POLICY_BYTES = 20 * 1024;

/** Reads a policy for a bucket. What would not be enforced exactly as it is written is refused with `MalformedPolicy`. */
export function readPolicy(text: string, bucketName: string): PolicyDocument {
  if (Buffer.byteLength(text) > LARGEST_POLICY_BYTES) throw malformed('Policies must not be larger than 20 KiB.');
  const root = record(parsed(text), 'Policies must be valid JSON and the first byte must be \'{\'');
  requireOnly(root, ['Version', 'Id', 'Statement']);
  const version = root['Version'] ?? '2008-10-17';
  if (version !== '2012-10-17' && version !== '2008-10-17') throw malformed('The policy must contain a valid version string');
  const plain = version === '2012-10-17' ? (value: string): string => value : withoutVariables;
  if (root['Statement'] === undefined) throw malformed('Missing required field Statement');
  const entries = Array.isArray(root['Statement']) ? root['Statement'] : [root['Statement']];
  if (entries.length === 0) throw malformed('Could not parse the policy: Statement is empty!');
  return { statements: entries.map((entry) => statementOf(entry, bucketName, plain)) };
}

/** The version of 2008 has no variables: what looks like one stands for itself. */
function withoutVariables(value: string): string {
  return value.replaceAll('${', '${$}{');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed('Policies must be valid JSON and the first byte must be \'{\'', cause);
  }
}

type JsonRecord = Readonly<Record<string, unknown>>;

function record(value: unknown, problem: string): JsonRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(problem);
  return value as JsonRecord;
}

function requireOnly(entry: JsonRecord, names: readonly string[]): void {
  const unknown = Object.keys(entry).find((name) => !names.includes(name));
  if (unknown !== undefined) throw malformed(`Unknown field ${unknown}`);
}

function statementOf(value: unknown, bucketName: string, plain: (value: string) => string): Statement {
  const entry = record(value, 'Statement must be an object');
  requireOnly(entry, ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']);
  const effect = entry['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed(`Invalid effect: ${shown(effect)}`);
  const sid = entry['Sid'];
  if (sid !== undefined && typeof sid !== 'string') throw malformed('Sid must be a string');
  return {
    sid, effect,
    principals: choice(entry, 'Principal', (principal) => principalsOf(principal)),
    actions: choice(entry, 'Action', (actions) => texts(actions, 'Action').map(actionOf)),
    resources: choice(entry, 'Resource', (resources) => texts(resources, 'Resource').map((arn) => plain(resourceOf(arn, bucketName)))),
    conditions: conditionsOf(entry['Condition'], plain),
  };
}

function choice<T>(entry: JsonRecord, name: string, read: (value: unknown) => T[]): Choice<T> {
  const [plain, negated] = [entry[name], entry[`Not${name}`]];
  if (plain !== undefined && negated !== undefined) throw malformed(`A statement has either ${name} or Not${name}`);
  if (plain === undefined && negated === undefined) throw malformed(`Missing required field ${name}`);
  return plain === undefined ? { isNegated: true, of: read(negated) } : { isNegated: false, of: read(plain) };
}

function texts(value: unknown, name: string): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 || !list.every((entry) => typeof entry === 'string' && entry !== '')) throw malformed(`${name} must be a string or a list of strings`);
  return list as string[];
}

function principalsOf(value: unknown): PrincipalPattern[] {
  if (value === '*') return [{ kind: 'everyone' }];
  const kinds = Object.entries(record(value, 'Invalid principal in policy'));
  if (kinds.length === 0) throw malformed('Invalid principal in policy');
  return kinds.flatMap(([kind, names]) => texts(names, 'Principal').map((name) => principalOf(kind, name)));
}

function principalOf(kind: string, name: string): PrincipalPattern {
  if (kind === 'CanonicalUser') return { kind: 'canonical', id: name };
  if (kind !== 'AWS') throw malformed(`Invalid principal in policy: "${kind}" is not supported`);
  if (name === '*') return { kind: 'everyone' };
  if (!name.startsWith('arn:')) return { kind: 'account', account: name };
  const found = /^arn:[^:]*:iam:[^:]*:([^:]+):(root|user\/(.+))$/.exec(name);
  const [, account, , user] = found ?? [];
  if (account === undefined || /[*?]/.test(account)) throw malformed(`Invalid principal in policy: "AWS" : "${name}"`);
  return user === undefined ? { kind: 'account', account } : { kind: 'user', account, user: user.slice(user.lastIndexOf('/') + 1) };
}

function actionOf(action: string): string {
  const name = action.toLowerCase();
  if (name !== '*' && !/^s3:[a-z*?]+$/.test(name)) throw malformed(`Policy has invalid action ${action}`);
  return name;
}

function resourceOf(arn: string, bucketName: string): string {
  if (arn === '*') return '*';
  const [, path] = /^arn:[^:]*:s3:[^:]*:[^:]*:(.+)$/s.exec(arn) ?? [];
  const bucketPattern = path?.split('/', 1)[0];
  // A variable may stand in the key's part only: which bucket a policy is about is no matter of who asks.
  if (path === undefined || bucketPattern === undefined || !fitsPattern(bucketPattern, bucketName)) throw malformed('Policy has invalid resource');
  return path;
}

function conditionsOf(value: unknown, plain: (value: string) => string): Condition[] {
  if (value === undefined) return [];
  return Object.entries(record(value, 'Condition must be an object')).flatMap(([name, block]) => {
    const { operator, isIfExists, quantifier } = operatorOf(name);
    return Object.entries(record(block, `Condition ${name} must be an object`)).map(([key, wanted]) => {
      const condition: Condition = { operator, isIfExists, quantifier, key: normalizedKey(key), values: valuesOf(wanted).map(plain) };
      const problem = isKnownConditionKey(condition.key) ? conditionProblem(condition) : `Policy has an invalid condition key: ${key}`;
      if (problem !== undefined) throw malformed(problem);
      return condition;
    });
  });
}

function operatorOf(name: string): Pick<Condition, 'operator' | 'isIfExists' | 'quantifier'> {
  const [, quantifier, operator = name, ifExists] = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(name) ?? [];
  return { operator, isIfExists: ifExists !== undefined, quantifier: quantifier as Condition['quantifier'] };
}

function valuesOf(wanted: unknown): string[] {
  const list: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  const isPlain = list.every((value) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean');
  if (list.length === 0 || !isPlain) throw malformed('Condition values must be strings, numbers or booleans');
  return list.map(String);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : '(not a string)';
}

function malformed(message: string, cause?: unknown): S3Error {
  return new S3Error('MalformedPolicy', { message, cause });
}
