import { ownEntry } from '@virga/kernel';
/** What a literal may be: the data types that Python's `ast.literal_eval` makes of text. */
export type Literal = string | number | boolean | null | Literal[] | { [key: string]: Literal };

const NUMBER = /[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?/y;
const WORD = /[A-Za-z]+/y;
const WORDS: Readonly<Record<string, Literal>> = { True: true, False: false, None: null, true: true, false: false, null: null };
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', "'": "'", '"': '"', '\\': '\\' };
const DEEPEST = 8;

/**
 * Reads text as clients send values in query strings: Python's way of writing data (`{'Type': 'work'}`, `['error', 'available']`,
 * `5`, `None`), of which JSON is nearly a part. Undefined where the text is nothing of that; then it stands for itself.
 */
export function pythonLiteral(text: string): Literal | undefined {
  const reader = new LiteralReader(text);
  try {
    const value = reader.value(0);
    return reader.isAtEnd() ? value : undefined;
  } catch (error) {
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
}

class NoLiteral extends Error {}

class LiteralReader {
  private at = 0;

  constructor(private readonly text: string) {}

  value(depth: number): Literal {
    if (depth > DEEPEST) throw new NoLiteral();
    this.skipSpace();
    const next = this.text[this.at];
    if (next === '{') return this.record(depth);
    if (next === '[') return this.list(']', depth);
    if (next === '(') return this.list(')', depth);
    if (next === "'" || next === '"') return this.quoted(next);
    return this.number() ?? this.word();
  }

  isAtEnd(): boolean {
    this.skipSpace();
    return this.at === this.text.length;
  }

  private record(depth: number): Literal {
    const entries: [string, Literal][] = [];
    this.take('{');
    while (!this.takeIf('}')) {
      const key = this.value(depth + 1);
      if (typeof key === 'object') throw new NoLiteral();
      this.take(':');
      entries.push([String(key), this.value(depth + 1)]);
      if (!this.takeIf(',') && !this.isNext('}')) throw new NoLiteral();
    }
    return Object.fromEntries(entries);
  }

  private list(end: ']' | ')', depth: number): Literal[] {
    const values: Literal[] = [];
    this.at += 1;
    while (!this.takeIf(end)) {
      values.push(this.value(depth + 1));
      if (!this.takeIf(',') && !this.isNext(end)) throw new NoLiteral();
    }
    return values;
  }

  private quoted(quote: string): string {
    let result = '';
    for (this.at += 1; this.at < this.text.length; this.at += 1) {
      const character = this.text[this.at] as string;
      if (character === quote) {
        this.at += 1;
        return result;
      }
      if (character === '\\') this.at += 1;
      const escaped = this.text[this.at] ?? '';
      result += character === '\\' ? ownEntry(ESCAPES, escaped) ?? `\\${escaped}` : character;
    }
    throw new NoLiteral();
  }

  private number(): number | undefined {
    const found = this.match(NUMBER);
    return found === undefined ? undefined : Number(found);
  }

  private word(): Literal {
    const found = this.match(WORD);
    // `u'text'` is how older clients' Python writes text.
    if (found === 'u' && (this.isNext("'") || this.isNext('"'))) return this.quoted(this.text[this.at] as string);
    const value = found === undefined ? undefined : ownEntry(WORDS, found);
    if (value === undefined) throw new NoLiteral();
    return value;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  private take(character: string): void {
    if (!this.takeIf(character)) throw new NoLiteral();
  }

  private takeIf(character: string): boolean {
    if (!this.isNext(character)) return false;
    this.at += 1;
    return true;
  }

  private isNext(character: string): boolean {
    this.skipSpace();
    return this.text[this.at] === character;
  }

  private skipSpace(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at += 1;
  }
}
