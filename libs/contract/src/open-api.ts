import type { AnyEndpoint } from './endpoint.js';
import { schemaAt, type JsonSchema } from './schema-at.js';
import type { TSchema } from './schema.js';
import { versionNumber, type VersionText } from './version.js';

export interface ServiceDescription {
  title: string;
  basePath: string;
  /** The version to document; absent for a service without microversions. */
  version?: VersionText;
  endpoints: Readonly<Record<string, AnyEndpoint>>;
}

/** An OpenAPI 3.1 document of one version of a service, from its contracts alone. */
export function openApi(service: ServiceDescription): Record<string, unknown> {
  const version = service.version === undefined ? 0 : versionNumber(service.version);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, one] of Object.entries(service.endpoints)) {
    const path = one.spec.action === undefined ? one.path : `${one.path}#${one.spec.action}`;
    (paths[service.basePath + path] ??= {})[one.method.toLowerCase()] = operation(name, one, version);
  }
  return {
    openapi: '3.1.0',
    info: { title: service.title, version: service.version ?? '1' },
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function operation(name: string, { spec, parameters, statusAt }: AnyEndpoint, version: number): Record<string, unknown> {
  const query = spec.query === undefined ? {} : (schemaAt(spec.query, version)['properties'] as Record<string, JsonSchema>);
  return {
    operationId: name,
    summary: spec.summary,
    ...(spec.since !== undefined && { 'x-since': spec.since }),
    ...(spec.until !== undefined && { 'x-until': spec.until }),
    'x-policy': spec.policy === 'public' ? 'public' : spec.policy.name,
    parameters: [
      ...parameters.map((parameter) => ({ name: parameter, in: 'path', required: true, schema: { type: 'string' } })),
      ...Object.entries(query ?? {}).map(([parameter, schema]) => ({ name: parameter, in: 'query', schema })),
    ],
    ...(spec.body !== undefined && { requestBody: { content: json(spec.body, version) } }),
    responses: {
      [String(statusAt(version))]: { description: 'Success', ...(spec.view !== undefined && { content: json(spec.view, version) }) },
      ...(spec.fails !== undefined && { '4XX': { description: spec.fails.join(', ') } }),
    },
  };
}

function json(schema: TSchema, version: number): Record<string, unknown> {
  return { 'application/json': { schema: schemaAt(schema, version) } };
}
