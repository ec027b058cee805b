import { pythonLiteral } from '../volumes/index.js';

/** Reads a map of texts as clients write it in a query: JSON, or what Python prints (`{'key': 'value'}`). Undefined for anything else. */
export function textMapOf(text: string): Record<string, string> | undefined {
  const value = pythonLiteral(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, String(entry)]));
}
