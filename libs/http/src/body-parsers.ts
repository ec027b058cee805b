import { Invalid } from '@virga/kernel';
import type { FastifyInstance } from 'fastify';
import { requireStorable } from './check-input.js';

/** Deep enough for every body of the APIs, and far from what could exhaust the stack. */
const MAX_DEPTH = 64;

/** JSON (plain, or a `+json`/`-json` type such as Glance's patches) is parsed; any other type stays a stream for the handler. */
export function addBodyParsers(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(/^application\/([\w.-]+[+-])?json\b/, { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? undefined : parseJson(text as string));
    } catch (error) {
      done(error as Error);
    }
  });
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
}

function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text, (key, entry: unknown) => (key === '__proto__' ? undefined : entry));
  } catch (error) {
    throw new Invalid('request.body.json', 'The body is not valid JSON.', { cause: error });
  }
  if (depth(value) > MAX_DEPTH) throw new Invalid('request.body.depth', `The body is nested deeper than ${MAX_DEPTH} levels.`);
  requireStorable(text, value);
  return value;
}

function depth(value: unknown, at = 0): number {
  if (typeof value !== 'object' || value === null || at > MAX_DEPTH) return at;
  let deepest = at;
  for (const entry of Object.values(value)) deepest = Math.max(deepest, depth(entry, at + 1));
  return deepest;
}
