import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { JsonSchema } from './schema-at.js';

export interface Violation {
  /** Where, as a path of property names; empty for the whole value. */
  path: string[];
  /** What is expected there, in words. */
  problem: string;
}

/** Answers the first few violations, or none; may convert the value's strings in place where the validator was built to. */
export type Validator = (value: unknown) => Violation[];

type Source = 'body' | 'text';

const options = { allErrors: false, strict: false, useDefaults: false, messages: true } as const;
const ajvs: Record<Source, Ajv> = {
  body: new Ajv(options),
  // Query strings and paths are text: numbers and single entries of lists are converted.
  text: new Ajv({ ...options, coerceTypes: 'array' }),
};
// The package's default export is the function itself only through its CommonJS typing.
for (const ajv of Object.values(ajvs)) (addFormats as unknown as { default: (ajv: Ajv) => Ajv }).default(ajv);

/** Compiles a JSON Schema; `text` sources (query, path) get their strings converted to the schema's types. */
export function validatorFor(schema: JsonSchema, source: Source): Validator {
  const validate = ajvs[source].compile(schema);
  return (value) => (validate(value) ? [] : (validate.errors ?? []).map(violation));
}

function violation(error: ErrorObject): Violation {
  const path = error.instancePath.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const params = error.params as Record<string, unknown>;
  if (error.keyword === 'additionalProperties') {
    return { path, problem: `Additional properties are not allowed ('${String(params['additionalProperty'])}' was unexpected)` };
  }
  if (error.keyword === 'required') return { path, problem: `'${String(params['missingProperty'])}' is a required property` };
  if (error.keyword === 'enum') return { path, problem: `must be one of ${JSON.stringify(params['allowedValues'])}` };
  return { path, problem: error.message ?? error.keyword };
}
