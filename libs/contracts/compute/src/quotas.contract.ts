import { closed, endpoint, field, open, T, WireBoolean, type TSchema, type VersionText } from '@virga/contract';
import { WholeNumber } from './paging.js';
import { ADMIN, ANYONE, computeRule, READER_OR_ADMIN } from './rules.js';

/** Limits of the network service that compute shows no more: until 2.35, of quota classes until 2.49. */
export const NETWORK_RESOURCES = ['fixed_ips', 'floating_ips', 'security_groups', 'security_group_rules'] as const;
/** Limits of files placed into new servers: until 2.56. */
const FILE_RESOURCES = ['injected_files', 'injected_file_content_bytes', 'injected_file_path_bytes'] as const;
const GROUP_RESOURCES = ['server_groups', 'server_group_members'] as const;
const LASTING_RESOURCES = ['instances', 'cores', 'ram', 'metadata_items', 'key_pairs'] as const;

export const QUOTA_RESOURCES = [...LASTING_RESOURCES, ...GROUP_RESOURCES, ...FILE_RESOURCES, ...NETWORK_RESOURCES] as const;
export type QuotaResourceName = (typeof QUOTA_RESOURCES)[number];

type Resources<Value extends TSchema> = Record<QuotaResourceName, Value>;

/** One property a resource, each until the version that stopped showing it. */
function resources<Value extends TSchema>(value: Value, networkUntil: VersionText, groupsSince: VersionText = '2.1'): Resources<Value> {
  const each = (names: readonly QuotaResourceName[], options: { until?: VersionText; since?: VersionText }) => names.map((name) => [name, field(value, options)]);
  return Object.fromEntries([
    ...each(LASTING_RESOURCES, {}), ...each(GROUP_RESOURCES, { since: groupsSince }), ...each(FILE_RESOURCES, { until: '2.56' }),
    ...each(NETWORK_RESOURCES, { until: networkUntil }),
  ]) as Resources<Value>;
}

const Limits = resources(T.Integer(), '2.35');
const Standing = T.Object({ in_use: T.Integer(), limit: T.Integer(), reserved: T.Integer() });
const settable = resources(T.Optional(WholeNumber(-1)), '2.35');

const quotaRule = (name: string, check: string, describe: string) => computeRule(`os-quota-sets:${name}`, check, describe);
const userQuery = open({ user_id: T.Optional(T.String()) }, { 'x-closed-since': '2.75' });

const UNKNOWN = ['compute.project.unknown'];

export const showQuotaSet = endpoint({
  route: 'GET /os-quota-sets/{project_id}', summary: 'Show a project\'s limits.', query: userQuery,
  view: T.Object({ quota_set: T.Object({ id: T.String(), ...Limits }) }), replies: 200,
  policy: quotaRule('show', READER_OR_ADMIN, 'Show a quota.'), fails: UNKNOWN, cli: { command: 'quota show' },
});
export const showQuotaDefaults = endpoint({
  route: 'GET /os-quota-sets/{project_id}/defaults', summary: 'Show the limits of projects that have none of their own.',
  view: T.Object({ quota_set: T.Object({ id: T.String(), ...Limits }) }), replies: 200,
  policy: quotaRule('defaults', ANYONE, 'List default quotas.'), fails: UNKNOWN,
});
export const showQuotaDetails = endpoint({
  route: 'GET /os-quota-sets/{project_id}/detail', summary: 'Show a project\'s limits and what it uses.', query: userQuery,
  view: T.Object({ quota_set: T.Object({ id: T.String(), ...resources(Standing, '2.35') }) }), replies: 200,
  policy: quotaRule('detail', READER_OR_ADMIN, 'Show the detail of a quota.'), fails: UNKNOWN,
});
export const updateQuotaSet = endpoint({
  route: 'PUT /os-quota-sets/{project_id}', summary: 'Give a project its own limits.', query: userQuery,
  body: closed({ quota_set: closed({ ...settable, force: T.Optional(WireBoolean) }) }),
  view: T.Object({ quota_set: T.Object(Limits) }), replies: 200,
  policy: quotaRule('update', ADMIN, 'Update the quotas.'), fails: [...UNKNOWN, 'quota.limit.below-usage', 'quota.limit.invalid', 'compute.quota.per-user'],
  cli: { command: 'quota set' },
});
export const deleteQuotaSet = endpoint({
  route: 'DELETE /os-quota-sets/{project_id}', summary: 'Give a project the default limits again.', query: userQuery, replies: 202,
  policy: quotaRule('delete', ADMIN, 'Revert quotas to defaults.'), fails: ['compute.quota.per-user'], cli: { command: 'quota delete' },
});

const ClassLimits = resources(T.Integer(), '2.49', '2.50');

/** The only class that means anything: the limits of projects without their own. */
export const DEFAULT_CLASS = 'default';

export const showQuotaClass = endpoint({
  route: 'GET /os-quota-class-sets/{class_name}', summary: 'Show the limits of a quota class.',
  view: T.Object({ quota_class_set: T.Object({ id: T.String(), ...ClassLimits }) }), replies: 200,
  policy: computeRule('os-quota-class-sets:show', ADMIN, 'List quotas for a quota class.'),
});
export const updateQuotaClass = endpoint({
  route: 'PUT /os-quota-class-sets/{class_name}', summary: 'Change the limits of a quota class.',
  body: closed({ quota_class_set: closed(resources(T.Optional(WholeNumber(-1)), '2.49')) }),
  view: T.Object({ quota_class_set: T.Object(ClassLimits) }), replies: 200,
  policy: computeRule('os-quota-class-sets:update', ADMIN, 'Update quotas for a quota class.'), fails: ['compute.quota-class.unknown', 'quota.limit.invalid'],
});

const until = (version: VersionText) => field(T.Integer(), { until: version });

export const otherProjectLimits = computeRule('limits:other_project', ADMIN, 'Show the limits of another project.');

export const showLimits = endpoint({
  route: 'GET /limits', summary: 'Show the project\'s limits and what it uses.',
  query: open({ tenant_id: T.Optional(T.String()) }, { 'x-closed-since': '2.75' }),
  view: T.Object({
    limits: T.Object({
      rate: T.Array(T.Unknown()),
      absolute: T.Object({
        maxTotalInstances: T.Integer(), maxTotalCores: T.Integer(), maxTotalRAMSize: T.Integer(), maxTotalKeypairs: T.Integer(), maxServerMeta: T.Integer(),
        maxServerGroups: T.Integer(), maxServerGroupMembers: T.Integer(),
        totalInstancesUsed: T.Integer(), totalCoresUsed: T.Integer(), totalRAMUsed: T.Integer(), totalServerGroupsUsed: T.Integer(),
        maxImageMeta: until('2.38'), maxPersonality: until('2.56'), maxPersonalitySize: until('2.56'),
        maxSecurityGroups: until('2.35'), maxSecurityGroupRules: until('2.35'), maxTotalFloatingIps: until('2.35'),
        totalFloatingIpsUsed: until('2.35'), totalSecurityGroupsUsed: until('2.35'),
      }),
    }),
  }),
  replies: 200, policy: computeRule('limits', ANYONE, 'Show rate and absolute limits for the project.'), alsoConsults: [otherProjectLimits],
  cli: { command: 'limits show' },
});

