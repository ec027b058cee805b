/**
 * Reads a map of texts as clients write it in a query: JSON, or what Python prints (`{'key': 'value'}`), which the stock
 * clients send. Undefined for anything else.
 */
export function textMapOf(text: string): Record<string, string> | undefined {
  return textsOf(parsed(text)) ?? textsOf(parsed(asJson(text)));
}

/** Single-quoted texts become double-quoted ones; Python escapes the quotes inside only where they clash. */
function asJson(text: string): string {
  return text
    .replaceAll(/u?'((?:[^'\\]|\\.)*)'/g, (_, inner: string) => JSON.stringify(inner.replaceAll(/\\(.)/g, '$1')))
    .replaceAll(/\bTrue\b/g, 'true').replaceAll(/\bFalse\b/g, 'false').replaceAll(/\bNone\b/g, 'null');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textsOf(value: unknown): Record<string, string> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, String(entry)]));
}
