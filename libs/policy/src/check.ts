import { Bug } from '@virga/kernel';

/** What a check is decided on: the caller's credentials and the target's attributes, by oslo.policy's names. */
export interface Subject {
  credentials: Readonly<Record<string, unknown>>;
  roles: ReadonlySet<string>;
  target: Readonly<Record<string, unknown>>;
}

export type Rules = ReadonlyMap<string, Check>;

/** A compiled check: pure, and told the rules that it may name. */
export type Check = (subject: Subject, rules: Rules) => boolean;

const TOKEN = /\s*(\(|\)|'[^']*':(?:%\([^)]*\)s|[^\s()]+)|"[^"]*":(?:%\([^)]*\)s|[^\s()]+)|(?:[^\s()%]|%\([^)]*\)s)+)/gy;

/**
 * Compiles oslo.policy's check language: `and`, `or`, `not`, parentheses, `@` (always), `!` (never), `rule:name`, `role:name`,
 * `attribute:value` and `'literal':%(attribute)s`, where values may hold `%(attribute)s` of the target.
 * An empty check always holds. Throws `Bug` for a check that cannot be read (oslo.policy would turn it into "never").
 */
export function parseCheck(text: string): Check {
  const tokens = tokenize(text);
  if (tokens.length === 0) return always;
  const parser = new Parser(text, tokens);
  return parser.whole();
}

function tokenize(text: string): string[] {
  const tokens = [...text.matchAll(TOKEN)].map((match) => match[1] as string);
  if (tokens.join('').length !== text.replaceAll(/\s+(?=(?:[^'"]|'[^']*'|"[^"]*")*$)/g, '').length) throw unreadable(text);
  return tokens;
}

const always: Check = () => true;
const never: Check = () => false;

class Parser {
  private at = 0;

  constructor(private readonly text: string, private readonly tokens: readonly string[]) {}

  whole(): Check {
    const check = this.anyOf();
    if (this.at < this.tokens.length) throw unreadable(this.text);
    return check;
  }

  private anyOf(): Check {
    const parts = [this.allOf()];
    while (this.takes('or')) parts.push(this.allOf());
    return parts.length === 1 ? parts[0] as Check : (subject, rules) => parts.some((part) => part(subject, rules));
  }

  private allOf(): Check {
    const parts = [this.term()];
    while (this.takes('and')) parts.push(this.term());
    return parts.length === 1 ? parts[0] as Check : (subject, rules) => parts.every((part) => part(subject, rules));
  }

  private term(): Check {
    if (this.takes('not')) {
      const inner = this.term();
      return (subject, rules) => !inner(subject, rules);
    }
    if (this.takes('(')) {
      const inner = this.anyOf();
      if (!this.takes(')')) throw unreadable(this.text);
      return inner;
    }
    const token = this.tokens[this.at++];
    if (token === undefined || token === ')') throw unreadable(this.text);
    return leaf(token, this.text);
  }

  private takes(word: string): boolean {
    if (this.tokens[this.at]?.toLowerCase() !== word) return false;
    this.at += 1;
    return true;
  }
}

function leaf(token: string, text: string): Check {
  if (token === '@') return always;
  if (token === '!') return never;
  const colon = token.startsWith("'") || token.startsWith('"') ? token.indexOf(':', token.indexOf(token[0] as string, 1)) : token.indexOf(':');
  if (colon < 1) throw unreadable(text);
  const kind = token.slice(0, colon);
  const value = token.slice(colon + 1);
  if (kind === 'rule') return (subject, rules) => rules.get(value)?.(subject, rules) ?? false;
  if (kind === 'role') return roleCheck(value);
  return attributeCheck(kind, value);
}

function roleCheck(value: string): Check {
  const role = value.toLowerCase();
  return (subject) => subject.roles.has(role);
}

const SUBSTITUTE = /%\(([^)]*)\)s/g;

function attributeCheck(kind: string, value: string): Check {
  const literal = /^(['"])(.*)\1$/.exec(kind)?.[2] ?? constant(kind);
  return ({ credentials, target }) => {
    let isMissing = false;
    const wanted = value.replaceAll(SUBSTITUTE, (_, path: string) => {
      const found = lookUp(target, path);
      if (found === undefined || found === null) isMissing = true;
      return String(found);
    });
    if (isMissing) return false;
    const actual = literal ?? lookUp(credentials, kind);
    // `domain_id:None` asks for a token that has none.
    if (wanted === 'None' && value === wanted && literal === undefined) return actual === undefined || actual === null;
    return actual !== undefined && actual !== null && text(actual) === unquoted(wanted);
  };
}

/** oslo.policy reads the left side as a literal where Python would: `True:%(admin)s`, `1:%(x)s`. */
function constant(kind: string): string | undefined {
  return /^(True|False|None|\d+)$/.test(kind) ? kind : undefined;
}

/** Python's words for booleans, since defaults such as `is_admin:True` are written with them. */
function text(value: unknown): string {
  if (value === true) return 'True';
  return value === false ? 'False' : String(value);
}

function unquoted(value: string): string {
  return /^(['"])(.*)\1$/.exec(value)?.[2] ?? (value === 'true' ? 'True' : value === 'false' ? 'False' : value);
}

/** `target.user.domain_id` is looked up as one name first, then as a path. */
function lookUp(values: Readonly<Record<string, unknown>>, path: string): unknown {
  if (path in values) return values[path];
  let at: unknown = values;
  for (const part of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}

function unreadable(text: string): Bug {
  return new Bug('policy.unreadable', `The policy check '${text}' cannot be read.`);
}
