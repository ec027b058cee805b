const FORBIDDEN = /[^\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&apos;' };

/**
 * `value` as it may stand in an attribute or an element of XML 1.0. Characters that XML cannot hold even when escaped
 * (controls, lone surrogates) become U+FFFD: a server's name is free text and must never make a definition unreadable.
 */
export function escapeXml(value: string | number): string {
  return String(value)
    .replace(FORBIDDEN, '\ufffd')
    .replace(/[\t\n\r]/g, ' ')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** A template tag: what stands in `${…}` is escaped, except arrays, whose entries are XML already and stand one a line. */
export function xml(parts: TemplateStringsArray, ...values: (string | number | readonly string[])[]): string {
  return parts.reduce((whole, part, index) => whole + rendered(values[index - 1] ?? '') + part);
}

const rendered = (value: string | number | readonly string[]): string =>
  typeof value === 'object' ? value.join('\n') : escapeXml(value);
