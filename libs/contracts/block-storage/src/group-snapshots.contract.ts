import { closed, endpoint, field, Nullable, open, T, Uuid, versionNumber } from '@virga/contract';
import { ADMIN, MEMBER_OR_ADMIN, READER_OR_ADMIN, volumeRule } from './rules.js';
import { Description, SnapshotName } from './snapshots.contract.js';
import { paging } from './paging.js';
import { Links, Time } from './values.js';

/** Behaviour of lists of group snapshots that changes with the version. */
export const groupSnapshotVersions = {
  /** Before, lists were neither paged, nor sorted, nor filtered. */
  paging: versionNumber('3.29'), strictFilters: versionNumber('3.31'), likeFilters: versionNumber('3.34'),
} as const;

const since = '3.14';
const UNKNOWN = 'block-storage.group-snapshot.unknown';

const Reference = closed({ id: T.String(), name: Nullable(T.String()) });
const GroupSnapshot = closed({
  id: T.String(), group_id: T.String(), group_type_id: T.String(), status: T.String(), created_at: Time, name: Nullable(T.String()), description: Nullable(T.String()),
  /** For those whom policy lets see it. */
  project_id: field(T.Optional(T.String()), { since: '3.58' }),
});

export const getGroupSnapshotRule = volumeRule('group:get_group_snapshot', READER_OR_ADMIN, 'Show a group snapshot.');
export const listGroupSnapshotsRule = volumeRule('group:get_all_group_snapshots', READER_OR_ADMIN, 'List group snapshots.');
export const groupSnapshotProjectRule = volumeRule('group:group_snapshot_project_attribute', ADMIN, 'See which project a group snapshot belongs to.');

const listQuery = open({ ...paging, all_tenants: T.Optional(T.String()) });
const links = { group_snapshot_links: T.Optional(Links) };

export const listGroupSnapshots = endpoint({
  route: 'GET /group_snapshots', since, summary: 'List group snapshots, briefly.', query: listQuery, view: closed({ group_snapshots: T.Array(Reference), ...links }), replies: 200,
  policy: listGroupSnapshotsRule, fails: ['request.marker.unknown', 'request.filter.unknown'], cli: { command: 'volume group snapshot list', columns: ['id', 'name', 'status'] },
});

export const listGroupSnapshotDetails = endpoint({
  route: 'GET /group_snapshots/detail', since, summary: 'List group snapshots in full.', query: listQuery,
  view: closed({ group_snapshots: T.Array(GroupSnapshot), ...links }), replies: 200,
  policy: listGroupSnapshotsRule, alsoConsults: [groupSnapshotProjectRule], fails: ['request.marker.unknown', 'request.filter.unknown'],
});

export const showGroupSnapshot = endpoint({
  route: 'GET /group_snapshots/{group_snapshot_id}', since, summary: 'Show a group snapshot.', view: closed({ group_snapshot: GroupSnapshot }), replies: 200,
  policy: getGroupSnapshotRule, alsoConsults: [groupSnapshotProjectRule], fails: [UNKNOWN], cli: { command: 'volume group snapshot show' },
});

export const createGroupSnapshot = endpoint({
  route: 'POST /group_snapshots', since, isShownAgain: true, summary: 'Take snapshots of all volumes of a group, at one point in time.',
  body: closed({ group_snapshot: closed({ group_id: Uuid, name: T.Optional(SnapshotName), description: T.Optional(Description) }) }),
  view: closed({ group_snapshot: closed({ ...Reference.properties, group_type_id: T.String() }) }), replies: 202,
  policy: volumeRule('group:create_group_snapshot', MEMBER_OR_ADMIN, 'Create a group snapshot.'), charges: { snapshots: 1 },
  fails: ['block-storage.group.unknown', 'block-storage.group.state', 'block-storage.volume.state', 'block-storage.quota.exceeded'],
  cli: { command: 'volume group snapshot create' },
});

export const deleteGroupSnapshot = endpoint({
  route: 'DELETE /group_snapshots/{group_snapshot_id}', since, summary: 'Delete a group snapshot and the snapshots in it.', replies: 202,
  policy: volumeRule('group:delete_group_snapshot', MEMBER_OR_ADMIN, 'Delete a group snapshot.'), fails: [UNKNOWN, 'block-storage.group-snapshot.state'],
  cli: { command: 'volume group snapshot delete' },
});

export const resetGroupSnapshotStatus = endpoint({
  route: 'POST /group_snapshots/{group_snapshot_id}/action', action: 'reset_status', since: '3.19', summary: 'Set the recorded status of a group snapshot, for operators.',
  body: closed({ reset_status: closed({ status: T.String({ maxLength: 255 }) }) }), replies: 202,
  policy: volumeRule('group:reset_group_snapshot_status', ADMIN, 'Reset the status of a group snapshot.'), fails: [UNKNOWN, 'block-storage.group-snapshot.status-unknown'],
});
