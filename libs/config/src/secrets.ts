import { readFileSync } from 'node:fs';

const HIDDEN = '***';

/** The configuration as it may be logged: passwords, also those inside URLs, are replaced by `***`. */
export function withoutSecrets(config: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, visible(key, value)]));
}

/** The one line that a secret file holds, without its line end. Throws where it is empty. */
export function readSecret(file: string): string {
  const secret = readFileSync(file, 'utf8').trim();
  if (secret === '') throw new Error(`The secret file ${file} is empty.`);
  return secret;
}

function visible(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => visible(key, entry));
  if (typeof value === 'object' && value !== null) return withoutSecrets(value);
  if (typeof value !== 'string') return value;
  if (/password$|secret$|token$|key$/i.test(key)) return HIDDEN;
  return value.replace(/^([a-z+]+:\/\/[^/?#:@]*):.*@/i, `$1:${HIDDEN}@`);
}
