import { closed, endpoint, field, Nullable, open, T, Uuid, versionNumber, WireBoolean } from '@virga/contract';
import { paging } from './paging.js';
import { ADMIN, MEMBER_OR_ADMIN, READER_OR_ADMIN, volumeRule } from './rules.js';
import { Links, Metadata, Name, OptionalText, Texts, TextMap, Time } from './values.js';

/** Behaviour of backups that changes with the version and is no matter of shapes. */
export const backupVersions = {
  /** Backups can be changed. */
  update: versionNumber('3.9'),
  metadata: versionNumber('3.43'),
  likeFilters: versionNumber('3.34'),
  count: versionNumber('3.45'),
} as const;

export const showBackupProject = volumeRule('backup:backup_project_attribute', ADMIN, 'See the project of a backup.');

const shape = {
  id: T.String(), name: Nullable(T.String()), links: Links,
};

/** What short lists show. */
export const BackupReference = closed(shape);

export const BackupDetail = closed({
  ...shape, description: Nullable(T.String()), status: T.String(), size: T.Integer(), volume_id: T.String(), snapshot_id: Nullable(T.String()),
  container: Nullable(T.String()), object_count: T.Integer(), availability_zone: Nullable(T.String()), fail_reason: Nullable(T.String()),
  is_incremental: T.Boolean(), has_dependent_backups: T.Boolean(), created_at: Time, updated_at: Nullable(Time), data_timestamp: Nullable(Time),
  'os-backup-project-attr:project_id': field(T.Optional(T.String()), { since: '3.18' }),
  metadata: field(TextMap, { since: '3.43' }),
  user_id: field(T.String(), { since: '3.56' }),
  encryption_key_id: field(T.Optional(T.String()), { since: '3.64' }),
});

const UNKNOWN = 'block-storage.backup.unknown';
const STATE = 'block-storage.backup.status';

const listQuery = open({
  ...paging, all_tenants: T.Optional(Texts), with_count: field(T.Optional(Texts), { since: '3.45' }),
  name: T.Optional(Texts), status: T.Optional(Texts), volume_id: T.Optional(Texts),
});
const page = { backups_links: T.Optional(Links), count: field(T.Optional(T.Integer()), { since: '3.45' }) };
const listRule = volumeRule('backup:get_all', READER_OR_ADMIN, 'List backups.');
const listFails = ['request.marker.unknown', 'request.sort.key', 'request.limit', 'block-storage.backup.filter'];

export const listBackups = endpoint({
  route: 'GET /backups', summary: 'List backups: ids, names and links.', query: listQuery, view: closed({ backups: T.Array(BackupReference), ...page }), replies: 200,
  policy: listRule, fails: listFails,
});

export const listBackupDetails = endpoint({
  route: 'GET /backups/detail', summary: 'List backups with details.', query: listQuery, view: closed({ backups: T.Array(BackupDetail), ...page }), replies: 200,
  policy: listRule, alsoConsults: [showBackupProject], fails: listFails, cli: { command: 'volume backup list', columns: ['id', 'name', 'description', 'status', 'size'] },
});

export const createBackup = endpoint({
  route: 'POST /backups', isShownAgain: true,
  summary: 'Back a volume or a snapshot up: whole, or what changed since the last backup; with force, also a volume in use.',
  body: closed({
    backup: closed({
      volume_id: Uuid, name: T.Optional(OptionalText), description: T.Optional(OptionalText), container: T.Optional(Nullable(T.String({ maxLength: 255 }))),
      incremental: T.Optional(Nullable(WireBoolean)), force: T.Optional(Nullable(WireBoolean)), snapshot_id: T.Optional(Nullable(Uuid)),
      metadata: field(T.Optional(Nullable(Metadata)), { since: '3.43' }),
      availability_zone: field(T.Optional(Nullable(T.String({ minLength: 1, maxLength: 255 }))), { since: '3.51' }),
    }),
  }),
  view: closed({ backup: closed({ ...shape }) }), replies: 202,
  policy: volumeRule('backup:create', MEMBER_OR_ADMIN, 'Create a backup.'), charges: { backups: 1 },
  fails: ['block-storage.volume.unknown', 'block-storage.volume.status', 'block-storage.snapshot.unknown', 'block-storage.backup.no-parent', 'block-storage.quota.backups', 'block-storage.quota.backup_gigabytes'],
  cli: { command: 'volume backup create' },
});

export const showBackup = endpoint({
  route: 'GET /backups/{backup_id}', summary: 'Show a backup.', view: closed({ backup: BackupDetail }), replies: 200,
  policy: volumeRule('backup:get', READER_OR_ADMIN, 'Show a backup.'), alsoConsults: [showBackupProject], fails: [UNKNOWN], cli: { command: 'volume backup show' },
});

export const updateBackup = endpoint({
  route: 'PUT /backups/{backup_id}', since: '3.9', summary: 'Give a backup another name, description or metadata.',
  body: closed({
    backup: closed({
      name: T.Optional(OptionalText), description: T.Optional(OptionalText), metadata: field(T.Optional(Nullable(Metadata)), { since: '3.43' }),
    }, { minProperties: 1 }),
  }),
  view: closed({ backup: closed({ ...shape }) }), replies: 200,
  policy: volumeRule('backup:update', MEMBER_OR_ADMIN, 'Change a backup.'), fails: [UNKNOWN], cli: { command: 'volume backup set' },
});

export const deleteBackup = endpoint({
  route: 'DELETE /backups/{backup_id}', summary: 'Delete a backup that no other depends on.', replies: 202,
  policy: volumeRule('backup:delete', MEMBER_OR_ADMIN, 'Delete a backup.'), fails: [UNKNOWN, STATE, 'block-storage.backup.has-dependents'],
  cli: { command: 'volume backup delete' },
});

export const restoreVolumeBackup = endpoint({
  route: 'POST /backups/{backup_id}/restore', summary: 'Write a backup to a volume: to a new one, or over one that is there.',
  body: closed({ restore: closed({ volume_id: T.Optional(Nullable(Uuid)), name: T.Optional(OptionalText) }) }),
  view: closed({ restore: closed({ backup_id: T.String(), volume_id: T.String(), volume_name: Nullable(T.String()) }) }), replies: 202,
  policy: volumeRule('backup:restore', MEMBER_OR_ADMIN, 'Restore a backup.'),
  fails: [UNKNOWN, STATE, 'block-storage.volume.unknown', 'block-storage.volume.status', 'block-storage.backup.volume-too-small', 'block-storage.quota.volumes', 'block-storage.quota.gigabytes'],
  cli: { command: 'volume backup restore' },
});

/** What another cloud, or this one after its database was lost, needs to know of a backup; opaque to its holder. */
const Record = closed({ backup_service: Name, backup_url: T.String({ minLength: 1, maxLength: 65_536 }) });

export const exportBackupRecord = endpoint({
  route: 'GET /backups/{backup_id}/export_record', summary: 'All that has to be known to restore a backup elsewhere.', view: closed({ 'backup-record': Record }), replies: 200,
  policy: volumeRule('backup:export-import', ADMIN, 'Export the record of a backup.'), fails: [UNKNOWN, STATE], cli: { command: 'volume backup record export' },
});

export const importBackupRecord = endpoint({
  route: 'POST /backups/import_record', summary: 'Know a backup by the record that was exported of it.',
  body: closed({ 'backup-record': Record }), view: closed({ backup: closed({ ...shape }) }), replies: 201,
  policy: volumeRule('backup:backup-import', ADMIN, 'Import the record of a backup.'), fails: ['block-storage.backup.record'], cli: { command: 'volume backup record import' },
});

export const resetBackupStatus = endpoint({
  route: 'POST /backups/{backup_id}/action', action: 'os-reset_status', summary: 'Set a backup\'s status.',
  body: closed({ 'os-reset_status': closed({ status: T.Enum(['available', 'error']) }) }), replies: 202,
  policy: volumeRule('volume_extension:backup_admin_actions:reset_status', ADMIN, 'Set a backup\'s status.'), fails: [UNKNOWN, STATE],
});

export const forceDeleteBackup = endpoint({
  route: 'POST /backups/{backup_id}/action', action: 'os-force_delete', summary: 'Delete a backup whatever its status.',
  body: closed({ 'os-force_delete': Nullable(open({})) }), replies: 202,
  policy: volumeRule('volume_extension:backup_admin_actions:force_delete', ADMIN, 'Delete a backup whatever its status.'), fails: [UNKNOWN, 'block-storage.backup.has-dependents'],
});

