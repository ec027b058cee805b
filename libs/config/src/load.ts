import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import { appSettings, type AppName, type ConfigOf } from './settings.js';

/** A configuration that cannot be used; the message names the file, the key and what is expected there. */
export class ConfigurationInvalid extends Error {
  constructor(file: string, problems: string[], options?: ErrorOptions) {
    super(`Configuration ${file}: ${problems.join('; ')}`, options);
    this.name = 'ConfigurationInvalid';
  }
}

/**
 * Reads and validates an app's configuration from the file named by the environment's VIRGA_CONFIG.
 * Throws ConfigurationInvalid; call it once, in `main`, and inject the result.
 */
export function loadConfig<App extends AppName>(app: App): ConfigOf<App> {
  const file = process.env['VIRGA_CONFIG'];
  if (file === undefined || file === '') throw new ConfigurationInvalid('(none)', ['VIRGA_CONFIG must name the configuration file']);
  return readConfig(app, file);
}

/** The same as `loadConfig` for a named file. */
export function readConfig<App extends AppName>(app: App, file: string): ConfigOf<App> {
  return parseConfig(app, readText(file), file);
}

/** Validates the text of a configuration (JSON); `file` is only used in errors. */
export function parseConfig<App extends AppName>(app: App, text: string, file: string): ConfigOf<App> {
  const settings: unknown = parseJson(text, file);
  const ajv = new Ajv({ allErrors: true, useDefaults: true, verbose: true });
  const validate = ajv.compile<ConfigOf<App>>(appSettings[app]);
  if (validate(settings)) return settings;
  throw new ConfigurationInvalid(file, (validate.errors ?? []).map(explain));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigurationInvalid(file, ['the file cannot be read'], { cause });
  }
}

// The parser's own message quotes the text around the error, which may be a password: it is not passed on.
function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigurationInvalid(file, ['it is not valid JSON']);
  }
}

function explain(error: ErrorObject): string {
  const at = error.instancePath.slice(1).replaceAll('/', '.') || 'the top level';
  const params: Record<string, unknown> = error.params;
  if (error.keyword === 'required') return `${at} lacks '${String(params['missingProperty'])}'`;
  if (error.keyword === 'additionalProperties') return `${at} has the unknown key '${String(params['additionalProperty'])}'`;
  if (error.keyword === 'enum') return `${at} must be one of ${JSON.stringify(params['allowedValues'])}`;
  return `${at} ${describedExpectation(error) ?? error.message ?? 'is invalid'}`;
}

function describedExpectation(error: ErrorObject): string | undefined {
  const description = (error.parentSchema as { description?: string } | undefined)?.description;
  return error.keyword === 'pattern' && description !== undefined ? `must be ${description}` : undefined;
}
