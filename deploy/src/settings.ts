import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { ConfigOf } from '@virga/config';
import { Ajv } from 'ajv';
import { Type as T, type Static } from 'typebox';
import { parse, YAMLParseError } from 'yaml';
import { StepFailed } from '../steps.mjs';

const port = (preset: number) => T.Integer({ minimum: 1, maximum: 65535, default: preset });
const ipv4 = (preset: string) => T.String({ pattern: '^\\d+\\.\\d+\\.\\d+\\.\\d+$', default: preset });
const section = <P extends Record<string, ReturnType<typeof T.String> | ReturnType<typeof T.Integer> | ReturnType<typeof T.Boolean>>>(properties: P) =>
  T.Object(properties, { additionalProperties: false, default: {} });

/** `file` is the state directory's own; the names of their sockets' directories have to stay short. */
const backendName = T.String({ pattern: '^(?!file$)[A-Za-z0-9_-]{1,16}$' });
/** How much of a place for volumes is given away. */
const promises = { reservedPercentage: T.Integer({ minimum: 0, maximum: 100, default: 0 }), maxOverSubscriptionRatio: T.Number({ minimum: 1, maximum: 1_000, default: 20 }) };

/** virga.yaml; the file in the checkout documents each option. */
const Settings = T.Object({
  stateDirectory: T.String({ pattern: '^/', default: '/var/lib/virga' }),
  cacheDirectory: T.String({ pattern: '^/', default: '/var/cache/virga' }),
  region: T.String({ minLength: 1, default: 'RegionOne' }),
  publicHost: T.String({ minLength: 1, default: '127.0.0.1' }),
  bindAddress: ipv4('127.0.0.1'),
  logLevel: T.Enum(['debug', 'info', 'warn', 'error'], { default: 'info' }),
  ports: section({
    identity: port(5000), compute: port(8774), placement: port(8778), metadata: port(8775),
    network: port(9696), image: port(9292), blockStorage: port(8776), objectStorage: port(8080),
  }),
  enginePorts: section({
    database: port(15432), broker: port(15672), brokerNodes: port(15673), brokerNames: port(15674),
    northbound: port(16641), southbound: port(16642), agentHealth: port(8790), objectOperators: port(8791), storageHealth: port(8792),
  }),
  host: section({
    name: T.String({ pattern: '^[A-Za-z0-9.-]*$', default: '' }),
    availabilityZone: T.String({ minLength: 1, default: 'nova' }),
  }),
  storage: T.Object({
    firstExportPort: port(10_900), exportPorts: T.Integer({ minimum: 1, maximum: 10_000, default: 500 }),
    ...promises,
    directories: T.Array(T.Object({ name: backendName, directory: T.String({ pattern: '^/' }), ...promises }, { additionalProperties: false }), { default: [] }),
    ceph: T.Array(T.Object({
      name: backendName, pool: T.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' }),
      ...promises, confFile: T.String({ pattern: '^/', default: '/etc/ceph/ceph.conf' }), user: T.String({ pattern: '^[A-Za-z0-9._-]{1,64}$', default: 'virga' }),
    }, { additionalProperties: false }), { default: [] }),
  }, { additionalProperties: false, default: {} }),
  externalNetwork: section({
    cidr: T.String({ pattern: '^\\d+\\.\\d+\\.\\d+\\.\\d+/\\d+$', default: '172.24.4.0/24' }),
    gateway: ipv4('172.24.4.1'), firstAddress: ipv4('172.24.4.10'), lastAddress: ipv4('172.24.4.250'),
    reachesOutside: T.Boolean({ default: true }),
    reachesThisMachine: T.Boolean({ default: false }),
  }),
  objectStorage: T.Object({
    policies: T.Array(T.Object({
      name: T.String({ pattern: '^[A-Za-z0-9-]{1,64}$' }), isDefault: T.Boolean({ default: false }), store: T.String({ pattern: '^[a-z0-9-]{1,32}$', default: 'local' }),
    }, { additionalProperties: false }), { minItems: 1, default: [{ name: 'Policy-0', isDefault: true, store: 'local' }] }),
    buckets: T.Array(T.Object({
      id: T.String({ pattern: '^[a-z0-9-]{1,32}$' }), endpoint: T.String({ pattern: '^https?://[^/]+$' }), region: T.String({ minLength: 1, default: 'default' }),
      bucket: T.String({ minLength: 1 }), prefix: T.String({ default: '' }), accessKeyId: T.String({ minLength: 1 }), secretAccessKeyFile: T.String({ pattern: '^/' }),
    }, { additionalProperties: false }), { default: [] }),
    bucketDomains: T.Array(T.String({ minLength: 1 }), { default: [] }),
    rootKeyDays: T.Integer({ minimum: 1, default: 90 }),
    // The service itself checks what stands here, when it starts.
    swift: T.Unsafe<ConfigOf<'object-storage'>['objectStorage']['swift']>({ type: 'object', default: {} }),
    syncRealms: T.Array(T.Object({
      name: T.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }), keyFiles: T.Array(T.String({ pattern: '^/' }), { minItems: 1 }),
      clusters: T.Record(T.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }), T.String({ pattern: '^https?://' })),
    }, { additionalProperties: false }), { default: [] }),
  }, { additionalProperties: false, default: {} }),
  dnsServers: T.Array(T.String(), { default: [] }),
  historyDays: T.Integer({ minimum: 1, maximum: 36_500, default: 30 }),
  /** Where backups of volumes go: to object storage, in their project's account, or to a directory of the storage host. */
  backupPlace: T.Enum(['objects', 'directory'], { default: 'objects' }),
  /** The name of the group type that users are shown as the default; empty: none. */
  defaultGroupType: T.String({ maxLength: 255, default: '' }),
  demo: T.Boolean({ default: true }),
}, { additionalProperties: false });

export type Settings = Static<typeof Settings>;

/** The repository's root, from which all runs. */
export const CHECKOUT = resolve(import.meta.dirname, '../..');

/** Reads the settings from `--config FILE`, else from virga.yaml in the checkout; an absent virga.yaml means defaults. */
export function readSettings(args: string[]): Settings {
  const at = args.indexOf('--config');
  const named = at < 0 ? undefined : args[at + 1];
  if (at >= 0 && (named === undefined || !existsSync(named))) throw new StepFailed(`--config ${named ?? ''}: there is no such file.`, 'Name an existing file.');
  const file = resolve(named ?? join(CHECKOUT, 'virga.yaml'));
  return settingsFrom(existsSync(file) ? readFileSync(file, 'utf8') : '', file);
}

/** Validates the text of a settings file and completes it with defaults; `file` is only used in errors. */
export function settingsFrom(text: string, file: string): Settings {
  const settings: unknown = parsed(text, file) ?? {};
  const validate = new Ajv({ allErrors: true, useDefaults: true }).compile<Settings>(Settings);
  if (!validate(settings)) {
    const problems = (validate.errors ?? []).map((error) => {
      const key = error.instancePath.slice(1).replaceAll('/', '.') || 'the top level';
      return `${key} ${error.message ?? 'is invalid'} ${JSON.stringify(error.params)}`;
    });
    throw new StepFailed(`${file}: ${problems.join('\n')}`, `Correct the file; virga.yaml in ${dirname(file)} documents each option.`);
  }
  requireDistinct(settings, file);
  return settings.host.name === '' ? { ...settings, host: { ...settings.host, name: hostname().split('.')[0] ?? 'localhost' } } : settings;
}

/** Volumes are known by their backend's name, and no two backends may keep theirs in one place. */
function requireDistinct({ storage: { directories, ceph } }: Settings, file: string): void {
  const names = [...directories, ...ceph].map(({ name }) => name);
  const places = directories.map(({ directory }) => resolve(directory));
  for (const values of [names, places]) {
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined) throw new StepFailed(`${file}: storage names '${twice}' twice.`, 'Give each backend a name and a place of its own.');
  }
}

function parsed(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError) throw new StepFailed(`${file}: ${error.message}`, 'Correct the file.', { cause: error });
    throw error;
  }
}
