import { BlockList, isIP } from 'node:net';
import { ownEntry } from '@virga/kernel';
import { S3Error } from '../s3-error.js';
import { fits, wildcard } from './wildcard.js';

/** What is known of a request under a condition key's name (lower case, a tag's key after the slash as it is); undefined where nothing is. */
export type ConditionValues = (key: string) => readonly string[] | undefined;

/** One comparison of a statement's `Condition` block. */
export interface Condition {
  /** Without `IfExists` and the quantifier. */
  operator: string;
  /** A request without the key meets the condition. */
  isIfExists: boolean;
  quantifier: 'ForAllValues' | 'ForAnyValue' | undefined;
  key: string;
  values: readonly string[];
}

type Compare = (actual: string, wanted: string, values: ConditionValues) => boolean;

interface Operator {
  compare: Compare;
  /** What `wanted` must look like, for refusing a policy that could never mean anything. */
  isValue: (wanted: string) => boolean;
  /** Met when no wanted value compares, and when the key is absent. */
  isNegated: boolean;
}

const anyText = (): boolean => true;
const numbers = (test: (left: number, right: number) => boolean): Compare => (actual, wanted) => isNumber(actual) && test(Number(actual), Number(wanted));
const dates = (test: (left: number, right: number) => boolean): Compare => (actual, wanted) => test(instantOf(actual), instantOf(wanted));

/**
 * Values longer than this are compared with no pattern, but refused: the work is the product of both lengths, a tenant writes the
 * pattern, and a header may be as long as all headers together.
 */
const LONGEST_COMPARED = 4096;

const like: Compare = (actual, wanted, values) => {
  if (actual.length > LONGEST_COMPARED) throw new S3Error('InvalidRequest', { message: 'A header or parameter that the bucket policy asks for is too long.' });
  const pattern = wildcard(wanted, (name) => values(name.toLowerCase())?.[0]);
  return pattern !== undefined && fits(pattern, actual);
};
const equals: Compare = (actual, wanted, values) => actual === expanded(wanted, values);
const equalsIgnoringCase: Compare = (actual, wanted, values) => actual.toLowerCase() === expanded(wanted, values)?.toLowerCase();
const isSame: Compare = (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase();
const isWithin: Compare = (actual, wanted) => isAddressWithin(actual, wanted);

const positive = (compare: Compare, isValue: (wanted: string) => boolean): Operator => ({ compare, isValue, isNegated: false });
const negative = (compare: Compare, isValue: (wanted: string) => boolean): Operator => ({ compare, isValue, isNegated: true });

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: positive(equals, anyText),
  StringNotEquals: negative(equals, anyText),
  StringEqualsIgnoreCase: positive(equalsIgnoringCase, anyText),
  StringNotEqualsIgnoreCase: negative(equalsIgnoringCase, anyText),
  StringLike: positive(like, anyText),
  StringNotLike: negative(like, anyText),
  ArnEquals: positive(like, anyText),
  ArnNotEquals: negative(like, anyText),
  ArnLike: positive(like, anyText),
  ArnNotLike: negative(like, anyText),
  NumericEquals: positive(numbers((left, right) => left === right), isNumber),
  NumericNotEquals: negative(numbers((left, right) => left === right), isNumber),
  NumericLessThan: positive(numbers((left, right) => left < right), isNumber),
  NumericLessThanEquals: positive(numbers((left, right) => left <= right), isNumber),
  NumericGreaterThan: positive(numbers((left, right) => left > right), isNumber),
  NumericGreaterThanEquals: positive(numbers((left, right) => left >= right), isNumber),
  DateEquals: positive(dates((left, right) => left === right), isDate),
  DateNotEquals: negative(dates((left, right) => left === right), isDate),
  DateLessThan: positive(dates((left, right) => left < right), isDate),
  DateLessThanEquals: positive(dates((left, right) => left <= right), isDate),
  DateGreaterThan: positive(dates((left, right) => left > right), isDate),
  DateGreaterThanEquals: positive(dates((left, right) => left >= right), isDate),
  Bool: positive(isSame, isBoolean),
  IpAddress: positive(isWithin, isNetwork),
  NotIpAddress: negative(isWithin, isNetwork),
};

/** Why the condition cannot be understood; undefined when it can. */
export function conditionProblem(condition: Condition): string | undefined {
  if (condition.operator === 'Null') {
    return condition.values.every(isBoolean) ? undefined : 'Null takes true or false';
  }
  const operator = ownEntry(operators, condition.operator);
  if (operator === undefined) return `Invalid Condition type : ${condition.operator}`;
  const bad = condition.values.find((value) => !operator.isValue(value));
  return bad === undefined ? undefined : `Invalid value for ${condition.operator}: ${bad}`;
}

/** Whether the request meets the condition. */
export function isMet(condition: Condition, values: ConditionValues): boolean {
  const actual = values(condition.key);
  const isAbsent = actual === undefined || actual.length === 0;
  if (condition.operator === 'Null') return condition.values.some((value) => isSame(String(isAbsent), value, values));
  const operator = ownEntry(operators, condition.operator);
  if (operator === undefined) return false;
  if (isAbsent) return condition.isIfExists || isMetWithoutValue(condition, operator);
  const meets = (value: string): boolean => condition.values.some((wanted) => operator.compare(value, wanted, values)) !== operator.isNegated;
  return condition.quantifier === 'ForAnyValue' || (condition.quantifier === undefined && !operator.isNegated) ? actual.some(meets) : actual.every(meets);
}

function isMetWithoutValue(condition: Condition, operator: Operator): boolean {
  if (condition.quantifier === undefined) return operator.isNegated;
  return condition.quantifier === 'ForAllValues';
}

function expanded(wanted: string, values: ConditionValues): string | undefined {
  if (!wanted.includes('${')) return wanted;
  let isComplete = true;
  const text = wanted.replaceAll(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = name === '*' || name === '?' || name === '$' ? name : values(name.toLowerCase())?.[0];
    isComplete &&= value !== undefined;
    return value ?? '';
  });
  return isComplete ? text : undefined;
}

function isNumber(text: string): boolean {
  return /^[+-]?\d+(\.\d+)?$/.test(text);
}

function isBoolean(text: string): boolean {
  return /^(true|false)$/i.test(text);
}

/** ISO 8601, or seconds since the epoch as the policy language allows too. */
function instantOf(text: string): number {
  return isNumber(text) ? Number(text) * 1000 : Date.parse(text);
}

function isDate(text: string): boolean {
  return isNumber(text) || (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text)));
}

interface Network {
  address: string;
  bits: number;
  family: 'ipv4' | 'ipv6';
}

function networkOf(text: string): Network | undefined {
  const [address = '', suffix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || (suffix !== undefined && !/^\d{1,3}$/.test(suffix))) return undefined;
  const width = version === 4 ? 32 : 128;
  const bits = suffix === undefined ? width : Number(suffix);
  return bits > width ? undefined : { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' };
}

function isNetwork(text: string): boolean {
  return networkOf(text) !== undefined;
}

/** Whether the address lies in the network `a.b.c.d/bits` or IPv6's like; a mapped IPv4 address counts as what it maps. */
export function isAddressWithin(address: string, network: string): boolean {
  const wanted = networkOf(network);
  const plain = address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
  const version = isIP(plain);
  if (wanted === undefined || version === 0) return false;
  const list = new BlockList();
  list.addSubnet(wanted.address, wanted.bits, wanted.family);
  return list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
}

/** How many of a network's bits are fixed, as a share: what `/0` leaves is everything. */
export function isWholeInternet(network: string): boolean {
  const wanted = networkOf(network);
  // What AWS counts as public: wider than a /8 of IPv4 or a /32 of IPv6.
  return wanted === undefined || wanted.bits < (wanted.family === 'ipv4' ? 8 : 32);
}
