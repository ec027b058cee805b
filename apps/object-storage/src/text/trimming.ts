/**
 * `text` without the characters of `unwanted` at its end. Not by a regular expression: `/x+$/` tries every run of x again from each
 * of its characters, so that one request with a long run keeps a process busy for minutes.
 */
export function withoutEnd(text: string, unwanted: string): string {
  let end = text.length;
  while (end > 0 && unwanted.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** The same at both ends. */
export function withoutEnds(text: string, unwanted: string): string {
  let start = 0;
  while (start < text.length && unwanted.includes(text.charAt(start))) start += 1;
  return withoutEnd(text.slice(start), unwanted);
}
