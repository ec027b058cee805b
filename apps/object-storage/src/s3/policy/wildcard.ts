/** One piece of a pattern: a literal UTF-16 unit, or one of the two wildcards. */
type Unit = number | typeof ANY_RUN | typeof ANY_ONE;
const ANY_RUN = -1;
const ANY_ONE = -2;

/** A pattern of the policy language, ready to be compared. */
export type Wildcard = readonly Unit[];

/**
 * Reads a pattern in which `*` stands for any run of characters and `?` for one. Where `variable` is given, `${name}` stands for
 * what it answers, literally (`${*}`, `${?}` and `${$}` are the characters themselves); undefined where a variable has no value.
 */
export function wildcard(pattern: string, variable?: (name: string) => string | undefined): Wildcard | undefined {
  const units: Unit[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const end = variable !== undefined && pattern.startsWith('${', at) ? pattern.indexOf('}', at) : -1;
    if (variable !== undefined && end > 0) {
      const value = valueOf(pattern.slice(at + 2, end), variable);
      if (value === undefined) return undefined;
      units.push(...literal(value));
      at = end;
    } else {
      units.push(unitOf(pattern, at));
    }
  }
  return units;
}

function valueOf(name: string, variable: (name: string) => string | undefined): string | undefined {
  return name === '*' || name === '?' || name === '$' ? name : variable(name);
}

function literal(text: string): number[] {
  return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
}

function unitOf(pattern: string, at: number): Unit {
  const character = pattern[at];
  if (character === '*') return ANY_RUN;
  return character === '?' ? ANY_ONE : pattern.charCodeAt(at);
}

/**
 * Whether all of `text` fits the pattern. Only the last `*` is ever tried again, so that the work is at most the product of both
 * lengths: patterns come from users, and a regular expression made of them could keep a process busy for hours.
 */
export function fits(pattern: Wildcard, text: string): boolean {
  let at = 0;
  let unit = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (isUnit(pattern[unit], text.charCodeAt(at))) {
      at += 1;
      unit += 1;
    } else if (pattern[unit] === ANY_RUN) {
      star = unit;
      unit += 1;
      resume = at;
    } else if (star >= 0) {
      resume += 1;
      at = resume;
      unit = star + 1;
    } else {
      return false;
    }
  }
  return pattern.slice(unit).every((rest) => rest === ANY_RUN);
}

function isUnit(unit: Unit | undefined, code: number): boolean {
  return unit === ANY_ONE || (unit !== ANY_RUN && unit === code);
}

/** Whether the pattern, without variables, fits all of the text. */
export function fitsPattern(pattern: string, text: string): boolean {
  const units = wildcard(pattern);
  return units !== undefined && fits(units, text);
}
