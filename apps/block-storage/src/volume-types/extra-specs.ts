import { isTrue } from '@virga/contract';

export type ExtraSpecs = Readonly<Record<string, string | null>>;
/** What a backend says of itself, by Cinder's names of capabilities; a list matches where one of its entries does. */
export type Capabilities = Readonly<Record<string, unknown>>;

/** The extra spec that the scheduler reads itself: a comma-separated list of zones that volumes of the type may be in. */
const ZONES = 'RESKEY:availability_zones';
const TRUE = '<is> True';

type Comparison = (value: unknown, wanted: string) => boolean;

const asNumbers = (compare: (value: number, wanted: number) => boolean): Comparison => (value, wanted) => {
  const [left, right] = [numberFrom(value), numberFrom(wanted)];
  return left !== undefined && right !== undefined && compare(left, right);
};
const asTexts = (compare: (value: string, wanted: string) => boolean): Comparison => (value, wanted) => typeof value === 'string' && compare(value, wanted);

/** The first word of a spec's value may be one of these; `=` has meant "at least" ever since (Cinder, "Capabilities filter"). */
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '=': asNumbers((value, wanted) => value >= wanted), '==': asNumbers((value, wanted) => value === wanted), '!=': asNumbers((value, wanted) => value !== wanted),
  '>=': asNumbers((value, wanted) => value >= wanted), '<=': asNumbers((value, wanted) => value <= wanted),
  's==': asTexts((value, wanted) => value === wanted), 's!=': asTexts((value, wanted) => value !== wanted),
  's<': asTexts((value, wanted) => value < wanted), 's<=': asTexts((value, wanted) => value <= wanted),
  's>': asTexts((value, wanted) => value > wanted), 's>=': asTexts((value, wanted) => value >= wanted),
  '<in>': asTexts((value, wanted) => value.includes(wanted)),
  '<is>': (value, wanted) => value !== null && value !== undefined && isYes(value) === isYes(wanted),
};

/** Whether a capability is as a spec asks for it. */
export function satisfies(value: unknown, wanted: string | null): boolean {
  if (wanted === null) return value === null;
  const [operator = '', ...words] = wanted.split(/\s+/).filter((word) => word !== '');
  if (operator === '<or>') return typeof value === 'string' && words.filter((_, index) => index % 2 === 0).includes(value);
  const compare = Object.hasOwn(COMPARISONS, operator) ? COMPARISONS[operator] : undefined;
  if (compare === undefined) return value === wanted;
  const [first] = words;
  return first !== undefined && compare(value, first);
}

/**
 * The first of the extra specs that the capabilities do not meet; undefined where all are met. Specs of a scope other than `capabilities:`
 * are for somebody else and always met.
 */
export function unmetExtraSpec(capabilities: Capabilities, extraSpecs: ExtraSpecs): string | undefined {
  return Object.entries(extraSpecs).find(([key, wanted]) => {
    const path = key.split(':');
    if (path.length > 1 && path[0] !== 'capabilities') return false;
    const value = lookUp(capabilities, path[0] === 'capabilities' ? path.slice(1) : path);
    if (value === undefined) return true;
    return !(Array.isArray(value) ? value as unknown[] : [value]).some((entry) => satisfies(entry, wanted));
  })?.[0];
}

/** The zones that volumes of the type may be in; undefined for any. */
export function zonesOf(extraSpecs: ExtraSpecs): readonly string[] | undefined {
  const zones = (Object.hasOwn(extraSpecs, ZONES) ? extraSpecs[ZONES] : null)?.split(',').map((zone) => zone.trim()).filter((zone) => zone !== '') ?? [];
  return zones.length === 0 ? undefined : zones;
}

/** Whether volumes of the type may be attached to several servers at once. */
export function isMultiattachType(extraSpecs: ExtraSpecs): boolean {
  return Object.hasOwn(extraSpecs, 'multiattach') && extraSpecs['multiattach'] === TRUE;
}

/** Whether the type asks for volumes in an image cache of the guest's host, which goes with one server only. */
export function isCacheableType(extraSpecs: ExtraSpecs): boolean {
  return Object.hasOwn(extraSpecs, 'cacheable') && extraSpecs['cacheable'] === TRUE;
}

function lookUp(capabilities: Capabilities, path: readonly string[]): unknown {
  let at: unknown = capabilities;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

function isYes(value: unknown): boolean {
  return (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') && isTrue(value) === true;
}

function numberFrom(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : undefined;
}
