import { closed, endpoint, open, T, versionNumber } from '@virga/contract';
import { ADMIN, READER_OR_ADMIN, volumeRule } from './rules.js';

/** What block storage limits; for each volume type there are `volumes_TYPE`, `snapshots_TYPE` and `gigabytes_TYPE` beside these. */
export const QUOTA_RESOURCES = ['volumes', 'per_volume_gigabytes', 'snapshots', 'gigabytes', 'backups', 'backup_gigabytes', 'groups'] as const;
export const TYPE_QUOTA_RESOURCES = ['volumes', 'gigabytes', 'snapshots'] as const;

/** Keys that a quota set is shown with and that say no limit: accepted, without effect. */
export const NON_QUOTA_KEYS: readonly string[] = ['id', 'tenant_id'];

/** The only class that means anything: the limits of projects without their own. */
export const DEFAULT_CLASS = 'default';

/** Since then administrators see the limits of other projects; before, the question is ignored. */
export const OTHER_PROJECTS_LIMITS = versionNumber('3.39');

const Limit = T.Integer();
const Standing = T.Object({ in_use: T.Integer(), limit: T.Integer(), reserved: T.Integer() });
const Limits = T.Record(T.String(), T.Union([Limit, T.String(), Standing]));
/** Numbers, also as text; what a key may be is only known once the volume types are. */
const Wanted = T.Record(T.String({ pattern: '^.{1,300}$' }), T.Union([T.Integer(), T.String({ maxLength: 255 })]), { additionalProperties: false, minProperties: 1 });

const showRule = volumeRule('volume_extension:quotas:show', READER_OR_ADMIN, 'Show a project\'s limits and what it uses.');
const fails = ['block-storage.quota.key', 'quota.limit.invalid'];

export const showQuotaSet = endpoint({
  route: 'GET /os-quota-sets/{project_id}', summary: 'Show a project\'s limits, and with `usage` what it uses.', query: open({ usage: T.Optional(T.String()) }),
  view: T.Object({ quota_set: Limits }), replies: 200, policy: showRule, fails: ['block-storage.request.boolean'], cli: { command: 'quota show --volume' },
});
export const showQuotaDefaults = endpoint({
  route: 'GET /os-quota-sets/{project_id}/defaults', summary: 'Show the limits of projects that have none of their own.',
  view: T.Object({ quota_set: Limits }), replies: 200, policy: showRule,
});
export const updateQuotaSet = endpoint({
  route: 'PUT /os-quota-sets/{project_id}', summary: 'Give a project its own limits.', body: closed({ quota_set: Wanted }),
  view: T.Object({ quota_set: Limits }), replies: 200, policy: volumeRule('volume_extension:quotas:update', ADMIN, 'Update a project\'s limits.'),
  fails: [...fails, 'quota.limit.below-usage', 'quota.project.unknown'], cli: { command: 'quota set --volumes' },
});
export const deleteQuotaSet = endpoint({
  route: 'DELETE /os-quota-sets/{project_id}', summary: 'Give a project the default limits again.', replies: 200,
  policy: volumeRule('volume_extension:quotas:delete', ADMIN, 'Delete a project\'s limits.'),
});
export const showQuotaClass = endpoint({
  route: 'GET /os-quota-class-sets/{class_name}', summary: 'Show the limits of a quota class.', view: T.Object({ quota_class_set: Limits }), replies: 200,
  policy: volumeRule('volume_extension:quota_classes:get', ADMIN, 'Show the limits of a quota class.'),
});
export const updateQuotaClass = endpoint({
  route: 'PUT /os-quota-class-sets/{class_name}', summary: 'Change the limits of a quota class.', body: closed({ quota_class_set: Wanted }),
  view: T.Object({ quota_class_set: Limits }), replies: 200,
  policy: volumeRule('volume_extension:quota_classes:update', ADMIN, 'Change the limits of a quota class.'), fails: [...fails, 'block-storage.quota-class.unknown'],
});

export const showUsedLimits = volumeRule('limits_extension:used_limits', READER_OR_ADMIN, 'Show what a project uses with its limits.');
const used = T.Optional(T.Integer());

export const showLimits = endpoint({
  route: 'GET /limits', summary: 'Show the project\'s limits and what it uses; since 3.39 administrators may name a project.',
  query: open({ project_id: T.Optional(T.String()), tenant_id: T.Optional(T.String()) }),
  view: T.Object({
    limits: T.Object({
      rate: T.Array(T.Unknown()),
      absolute: T.Object({
        maxTotalVolumes: T.Integer(), maxTotalVolumeGigabytes: T.Integer(), maxTotalSnapshots: T.Integer(), maxTotalBackups: T.Integer(),
        maxTotalBackupGigabytes: T.Integer(),
        totalVolumesUsed: used, totalGigabytesUsed: used, totalSnapshotsUsed: used, totalBackupsUsed: used, totalBackupGigabytesUsed: used,
      }),
    }),
  }),
  replies: 200, policy: volumeRule('x:limits:show', '@', 'Show the limits of the caller\'s project.'), alsoConsults: [showUsedLimits], cli: { command: 'limits show --absolute' },
});
