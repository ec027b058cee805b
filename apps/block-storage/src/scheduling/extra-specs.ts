/** What a backend says of itself, by the names that extra specs use. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** Specs that say how to use a volume, not where it may be; and names with a scope of their own, for drivers. */
const NOT_FOR_PLACEMENT = new Set(['multiattach', 'RESKEY:availability_zones']);
const CAPABILITIES = 'capabilities:';

/**
 * Whether a backend has what one extra spec asks for (Cinder's extra specs operators): a plain text must be equal; `<is>`, `<in>`, `<or>`,
 * `s==`, `=`, `>=`, … compare. Scopes other than `capabilities` are for drivers and ask nothing.
 */
export function specMatches(key: string, wanted: string, facts: Facts): boolean {
  if (NOT_FOR_PLACEMENT.has(key)) return true;
  if (key.includes(':') && !key.startsWith(CAPABILITIES)) return true;
  const fact = facts[key.startsWith(CAPABILITIES) ? key.slice(CAPABILITIES.length) : key];
  return fact !== undefined && valueMatches(wanted, String(fact));
}

type Comparison = (fact: string, wanted: string) => boolean;

const comparisons: Readonly<Record<string, Comparison>> = {
  '=': (fact, wanted) => Number(fact) >= Number(wanted),
  '==': (fact, wanted) => Number(fact) === Number(wanted),
  '!=': (fact, wanted) => Number(fact) !== Number(wanted),
  '>=': (fact, wanted) => Number(fact) >= Number(wanted),
  '<=': (fact, wanted) => Number(fact) <= Number(wanted),
  's==': (fact, wanted) => fact === wanted,
  's!=': (fact, wanted) => fact !== wanted,
  's<': (fact, wanted) => fact < wanted,
  's<=': (fact, wanted) => fact <= wanted,
  's>': (fact, wanted) => fact > wanted,
  's>=': (fact, wanted) => fact >= wanted,
  '<in>': (fact, wanted) => fact.includes(wanted),
  '<is>': (fact, wanted) => isTrue(fact) === isTrue(wanted),
};

function valueMatches(wanted: string, fact: string): boolean {
  const [operator = '', ...rest] = wanted.trim().split(/\s+/);
  if (operator === '<or>') return wanted.split('<or>').map((entry) => entry.trim()).filter((entry) => entry !== '').includes(fact);
  const comparison = comparisons[operator];
  if (comparison === undefined) return fact.toLowerCase() === wanted.trim().toLowerCase();
  return comparison(fact, rest.join(' '));
}

function isTrue(text: string): boolean {
  return ['true', 't', '1', 'yes', 'y', 'on'].includes(text.toLowerCase());
}
