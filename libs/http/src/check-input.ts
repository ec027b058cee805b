import { Readable } from 'node:stream';
import type { AnyEndpoint, Validator, Violation } from '@virga/contract';
import { Invalid } from '@virga/kernel';
import type { FastifyRequest } from 'fastify';

/** Throws `Invalid` that names the first place where the value breaks the schema. */
export function requireValid(validator: Validator | undefined, value: unknown, source: 'body' | 'query'): void {
  const violation = validator?.(value)[0];
  if (violation === undefined) return;
  throw new Invalid(`request.${source}.invalid`, wording(violation, value, source), { details: { path: violation.path } });
}

function wording({ path, problem }: Violation, value: unknown, source: 'body' | 'query'): string {
  if (path.length === 0) return source === 'query' ? `Invalid query: ${problem}` : problem;
  const found = path.reduce<unknown>((at, part) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined), value);
  return `Invalid input for field/attribute ${path.join('.')}. Value: ${excerpt(found, path)}. ${problem}`;
}

const SECRETS = /pass|secret|token|adminpass|private|user_data|personality/i;

function excerpt(found: unknown, path: string[]): string {
  if (path.some((part) => SECRETS.test(part))) return '***';
  return typeof found === 'object' && found !== null ? (Array.isArray(found) ? '[…]' : '{…}') : String(found).slice(0, 80);
}

/**
 * PostgreSQL's text holds neither NUL nor half a surrogate pair, and no name needs them.
 * `text` is the JSON as sent: most bodies hold no such escape and need no walk.
 */
export function requireStorable(text: string, value: unknown): void {
  if (/\\u(0000|d[89a-f])/i.test(text) && !isStorable(value)) {
    throw new Invalid('request.body.characters', 'The body contains a NUL character or a lone surrogate.');
  }
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, entry]) => isStorable(key) && isStorable(entry));
}

/** The same for the path's and the query's values, which are never long. */
export function requireStorableText(values: Record<string, unknown>, source: 'path' | 'query'): void {
  if (!isStorable(values)) throw new Invalid(`request.${source}.characters`, `The ${source} contains a NUL character or a lone surrogate.`);
}

/** A body that is not JSON reaches only endpoints that read the bytes themselves. */
export function requireParsed(contract: AnyEndpoint, request: FastifyRequest): void {
  if (!(request.body instanceof Readable) || contract.spec.streamsRequest === true) return;
  request.body.resume();
  if (contract.spec.body === undefined) return;
  const type = request.headers['content-type'] ?? '(none)';
  throw new Invalid('request.content-type', `The content type must be application/json, not '${type.slice(0, 80)}'.`, { status: 415 });
}
