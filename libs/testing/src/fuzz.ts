import { schemaAt, versionNumber, type AnyEndpoint, type TSchema } from '@virga/contract';
import { fc, runs } from './fast-check.js';
import type { ApiAnswer, ApiRequest } from './api-client.js';

export interface FuzzOptions {
  basePath: string;
  endpoints: Readonly<Record<string, AnyEndpoint>>;
  request: (request: ApiRequest) => Promise<ApiAnswer>;
  /** Who asks: one who gets past authorization reaches the most code. */
  as: string;
  /** Ids of things that exist, by path parameter, so that requests get beyond 404. */
  known: (parameter: string) => Promise<string[]> | string[];
  versionHeader?: (version: string) => Record<string, string>;
  versions?: readonly string[];
  /** Requests an endpoint gets. */
  runs?: number;
}

/** Declares one test an endpoint: whatever is sent, made from its schema or against it, never is answered with 5xx; 501 is an answer as good as any. */
export function describeFuzz(options: FuzzOptions): void {
  describe('fuzzing', () => {
    for (const [name, contract] of Object.entries(options.endpoints)) {
      it(`${name} never answers 5xx`, async () => {
        const known = Object.fromEntries(await Promise.all(contract.parameters.map(async (parameter) => [parameter, await options.known(parameter)] as const)));
        const examples = inherited(options, contract, known).map((request): [ApiRequest] => [request]);
        await fc.assert(fc.asyncProperty(requests(options, contract, known), async (request) => {
          const answer = await options.request(request);
          if (answer.status >= 500 && answer.status !== 501) throw new Error(`${answer.status} for ${JSON.stringify(request)}: ${JSON.stringify(answer.body)}`);
        }), { numRuns: examples.length + runs(options.runs ?? 25), examples, endOnFailure: true });
      });
    }
  });
}

/** Names that every JavaScript object answers to. */
const INHERITED = ['constructor', 'valueOf', 'toString', 'hasOwnProperty', '__proto__'];

/** Requests that use such names where a client may choose one: as a parameter of the query, as its value, in the path. */
function inherited(options: FuzzOptions, contract: AnyEndpoint, known: Record<string, string[]>): ApiRequest[] {
  const version = options.versions?.at(-1);
  const to = (valueOf: (parameter: string) => string, query = ''): ApiRequest => ({
    as: options.as, method: contract.method, url: pathTo(options, contract, valueOf) + query, headers: headersOf(options, version),
  });
  const parameters = contract.spec.query === undefined ? undefined : namesIn(contract.spec.query, numberOf(version));
  const queries = parameters === undefined ? [] : [...INHERITED.map((name) => `?${name}=x`), ...parameters.map((name) => `?${name}=constructor`)];
  const paths = contract.parameters.length === 0 ? [] : INHERITED.map((name) => to(() => name));
  return [...paths, ...queries.map((query) => to((parameter) => known[parameter]?.[0] ?? 'x', query))];
}

function pathTo(options: FuzzOptions, contract: AnyEndpoint, valueOf: (parameter: string) => string): string {
  return (contract.spec.atRoot === true ? '' : options.basePath) + contract.path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => encodeURIComponent(valueOf(parameter)));
}

function headersOf(options: FuzzOptions, version: string | undefined): Record<string, string> {
  return { ...(version !== undefined && options.versionHeader?.(version)) };
}

function numberOf(version: string | undefined): number {
  return version === undefined ? 0 : versionNumber(version);
}

function namesIn(query: TSchema, version: number): string[] {
  return Object.keys((schemaAt(query, version)['properties'] as object | undefined) ?? {});
}

function requests(options: FuzzOptions, contract: AnyEndpoint, known: Record<string, string[]>): fc.Arbitrary<ApiRequest> {
  return fc.constantFrom(...(options.versions ?? [undefined])).chain((version) => {
    const at = numberOf(version);
    const path = fc.record(Object.fromEntries(contract.parameters.map((parameter) => [parameter, parameterValue(known[parameter] ?? [])])));
    const query = contract.spec.query === undefined ? fc.constant(undefined) : fc.option(queryString(contract.spec.query, at), { nil: undefined });
    const body = contract.spec.body === undefined ? fc.constant(undefined) : bodyValue(contract.spec.body, at);
    return fc.record({ path, query, body }).map((parts): ApiRequest => ({
      as: options.as,
      method: contract.method,
      url: pathTo(options, contract, (name) => (parts.path as Record<string, string>)[name] ?? 'x') + (parts.query === undefined ? '' : `?${parts.query}`),
      ...(parts.body !== undefined && { body: parts.body }),
      headers: headersOf(options, version),
    }));
  });
}

const makeAwkward = (): fc.Arbitrary<string> => fc.oneof(
  fc.string({ maxLength: 40, unit: 'binary' }).filter((text) => text.isWellFormed()), fc.constantFrom(...INHERITED, '', ' ', '0', '-1', 'null', 'true', '%', '\'', '"', '../..', 'ü'.repeat(300), 'x'.repeat(5000)),
);

let made: fc.Arbitrary<string> | undefined;

/** Made by the first who needs it: strings of all characters take a second to prepare, and every test file loads this one. */
function awkward(): fc.Arbitrary<string> {
  return made ??= makeAwkward();
}

function parameterValue(known: string[]): fc.Arbitrary<string> {
  const text = awkward().filter((value) => value.length > 0 && value.length < 400);
  return known.length === 0 ? text : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: text });
}

/** Made from the schema, with a part replaced now and then by something that does not belong there. */
function bodyValue(schema: TSchema, version: number): fc.Arbitrary<unknown> {
  const fitting = fromSchema(schemaAt(schema, version), 0);
  return fc.oneof(
    { weight: 5, arbitrary: fitting },
    { weight: 4, arbitrary: fc.tuple(fitting, fc.jsonValue({ maxDepth: 2 }), fc.nat()).map(([value, intruder, at]) => replaced(value, intruder, at)) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  );
}

function replaced(value: unknown, intruder: unknown, at: number): unknown {
  if (typeof value !== 'object' || value === null) return intruder;
  const keys = Object.keys(value);
  const key = keys[at % Math.max(keys.length, 1)];
  if (key === undefined) return intruder;
  const child = (value as Record<string, unknown>)[key];
  const next = at % 3 === 0 ? intruder : replaced(child, intruder, Math.floor(at / 3));
  return Array.isArray(value) ? value.map((entry, index) => (String(index) === key ? next : entry as unknown)) : { ...value, [key]: next };
}

function queryString(schema: TSchema, version: number): fc.Arbitrary<string> {
  const names = namesIn(schema, version);
  const name = names.length === 0 ? awkward() : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: awkward() });
  const value = fc.oneof(awkward(), fc.integer().map(String), fc.constantFrom('asc', 'desc', 'true', 'False', 'None', 'in:a,b', 'gt:1', '2020-01-01T00:00:00Z', '99999999999999999999'));
  return fc.array(fc.tuple(name, value), { maxLength: 4 }).map((pairs) => new URLSearchParams(pairs).toString());
}

type Json = Record<string, unknown>;

function fromSchema(schema: Json, depth: number): fc.Arbitrary<unknown> {
  if (schema['const'] !== undefined) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  const alternatives = (schema['anyOf'] ?? schema['oneOf']) as Json[] | undefined;
  if (alternatives !== undefined && alternatives.length > 0) return fc.oneof(...alternatives.map((entry) => fromSchema(entry, depth + 1)));
  return ofType(schema, depth);
}

function ofType(schema: Json, depth: number): fc.Arbitrary<unknown> {
  switch (schema['type']) {
    case 'object': return objectFrom(schema, depth);
    case 'array': return depth > 6 ? fc.constant([]) : fc.array(fromSchema((schema['items'] as Json | undefined) ?? {}, depth + 1), { maxLength: 3 });
    case 'integer': return fc.oneof(fc.integer(bounds(schema)), fc.constantFrom(Number.MAX_SAFE_INTEGER, 2 ** 31, -1, 0));
    case 'number': return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean': return fc.boolean();
    case 'null': return fc.constant(null);
    case 'string': return textFrom(schema);
    default: return fc.jsonValue({ maxDepth: 2 });
  }
}

function bounds(schema: Json): { min: number; max: number } {
  const min = Math.max(Number(schema['minimum'] ?? -100), -(2 ** 31));
  return { min, max: Math.max(min, Math.min(Number(schema['maximum'] ?? 1000), 2 ** 31 - 1)) };
}

function textFrom(schema: Json): fc.Arbitrary<string> {
  if (schema['format'] === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  const pattern = schema['pattern'];
  if (typeof pattern === 'string' && pattern.includes('[0-9a-fA-F]{8}')) return fc.uuid();
  return awkward();
}

function objectFrom(schema: Json, depth: number): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema['properties'] as Record<string, Json> | undefined) ?? {});
  const required = new Set((schema['required'] as string[] | undefined) ?? []);
  if (depth > 6) return fc.constant({});
  const known = fc.record(Object.fromEntries(properties.map(([name, property]) => [name, fromSchema(property, depth + 1)])), {
    requiredKeys: properties.map(([name]) => name).filter((name) => required.has(name)),
  });
  const patterns = Object.entries((schema['patternProperties'] as Record<string, Json> | undefined) ?? {});
  if (patterns.length > 0) {
    const matching = patterns.map(([pattern, values]) => fc.dictionary(fc.stringMatching(new RegExp(pattern)), fromSchema(values, depth + 1), { maxKeys: 2 }));
    return fc.tuple(known, ...matching).map((parts) => Object.assign({}, ...parts) as unknown);
  }
  const extra = schema['additionalProperties'];
  if (extra === false || extra === undefined) return known;
  const values = typeof extra === 'object' && extra !== null ? fromSchema(extra as Json, depth + 1) : fc.jsonValue({ maxDepth: 1 });
  return fc.tuple(known, fc.dictionary(fc.string({ maxLength: 20 }), values, { maxKeys: 2 })).map(([one, two]) => ({ ...two, ...one }));
}
