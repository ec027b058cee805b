const LAST = 0x10ffff;
const SURROGATES = { first: 0xd800, after: 0xe000 };

/** The least text, in the order of code points, that is greater than every text beginning with `prefix`; undefined where there is none. */
export function successor(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) as number;
    if (point < LAST) return points.join('') + String.fromCodePoint(point + 1 === SURROGATES.first ? SURROGATES.after : point + 1);
  }
  return undefined;
}
