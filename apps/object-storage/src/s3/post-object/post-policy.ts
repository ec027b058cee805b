import type { Instant } from '@virga/kernel';
import { S3Error } from '../s3-error.js';

/** What a signed form allows its sender ("Creating a POST policy", S3 API Reference). */
export interface PostPolicy {
  expiresAt: Instant;
  conditions: readonly PostCondition[];
  /** Bytes of the file, both included. */
  length: { least: number; most: number } | undefined;
}

interface PostCondition {
  /** In lower case. */
  field: string;
  operator: 'eq' | 'starts-with';
  value: string;
}

/** Fields that no condition needs to name: they are the signature itself, or said to be ignored. */
const UNSIGNED_FIELDS: ReadonlySet<string> = new Set(['x-amz-signature', 'signature', 'file', 'policy', 'awsaccesskeyid']);
const IGNORED_PREFIX = 'x-ignore-';

/** Reads the base64 of the form's `policy` field. Throws `InvalidPolicyDocument`. */
export function readPostPolicy(base64: string): PostPolicy {
  const document = parsed(Buffer.from(base64, 'base64').toString());
  const { expiration, conditions } = document;
  if (typeof expiration !== 'string' || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(expiration) || Number.isNaN(Date.parse(expiration))) {
    throw invalid(`Invalid 'expiration' value: '${typeof expiration === 'string' ? expiration : ''}'`);
  }
  if (!Array.isArray(conditions)) throw invalid('Policy missing conditions.');
  const policy: PostPolicy = { expiresAt: Date.parse(expiration), conditions: [], length: undefined };
  return (conditions as unknown[]).reduce<PostPolicy>(withCondition, policy);
}

function parsed(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('Invalid JSON.', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('Invalid JSON.');
  return value as Record<string, unknown>;
}

function withCondition(policy: PostPolicy, condition: unknown): PostPolicy {
  if (Array.isArray(condition)) return withList(policy, condition);
  if (typeof condition !== 'object' || condition === null) throw invalid('Invalid condition.');
  const pairs = Object.entries(condition);
  if (pairs.length !== 1) throw invalid('Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.');
  return { ...policy, conditions: [...policy.conditions, ...pairs.map(([field, value]) => exactly(field, value))] };
}

function exactly(field: string, value: unknown): PostCondition {
  if (typeof value !== 'string') throw invalid('Invalid Simple-Condition: value must be a string.');
  return { field: field.toLowerCase(), operator: 'eq', value };
}

function withList(policy: PostPolicy, condition: readonly unknown[]): PostPolicy {
  const operator = String(condition[0]).toLowerCase();
  if (condition.length !== 3) throw invalid('Invalid condition: a list has an operator and two arguments.');
  if (operator === 'content-length-range') return { ...policy, length: { least: lengthOf(condition[1]), most: lengthOf(condition[2]) } };
  const [, field, value] = condition;
  if ((operator !== 'eq' && operator !== 'starts-with') || typeof field !== 'string' || !field.startsWith('$') || typeof value !== 'string') throw invalid('Invalid condition.');
  return { ...policy, conditions: [...policy.conditions, { field: field.slice(1).toLowerCase(), operator, value }] };
}

function lengthOf(value: unknown): number {
  const length = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) throw invalid('Invalid content-length-range.');
  return length;
}

/** Throws `AccessDenied` where the form is too late or is not what its policy allows: every condition must hold, and every field be named by one. */
export function requireAllowed(policy: PostPolicy, fields: ReadonlyMap<string, string>, now: Instant): void {
  if (policy.expiresAt <= now) throw denied('Policy expired.');
  for (const { field, operator, value } of policy.conditions) {
    const given = fields.get(field) ?? '';
    if (operator === 'eq' ? given !== value : !given.startsWith(value)) throw denied(`Policy Condition failed: ["${operator}", "$${field}", "${value}"]`);
  }
  const named = new Set(policy.conditions.map(({ field }) => field));
  const extra = [...fields.keys()].find((field) => !named.has(field) && !UNSIGNED_FIELDS.has(field) && !field.startsWith(IGNORED_PREFIX));
  if (extra !== undefined) throw denied(`Extra input fields: ${extra}`);
}

function denied(problem: string): S3Error {
  return new S3Error('AccessDenied', { message: `Invalid according to Policy: ${problem}` });
}

function invalid(problem: string, cause?: unknown): S3Error {
  return new S3Error('InvalidPolicyDocument', { message: `Invalid Policy: ${problem}`, cause });
}
