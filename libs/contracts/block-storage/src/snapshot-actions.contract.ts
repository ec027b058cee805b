import { closed, endpoint, field, Nullable, open, T, Uuid } from '@virga/contract';
import { ADMIN, MEMBER_OR_ADMIN, volumeRule } from './rules.js';
import { Description, SnapshotName, SnapshotSummary } from './snapshots.contract.js';
import { paging } from './paging.js';
import { Metadata } from './values.js';

const route = 'POST /snapshots/{snapshot_id}/action';
const UNKNOWN = 'block-storage.snapshot.unknown';
const STATE = 'block-storage.snapshot.state';

export const resetSnapshotStatus = endpoint({
  route, action: 'os-reset_status', summary: 'Set the recorded status of a snapshot, for operators.',
  body: closed({ 'os-reset_status': closed({ status: T.String({ maxLength: 255 }) }) }), replies: 202,
  policy: volumeRule('volume_extension:snapshot_admin_actions:reset_status', ADMIN, 'Reset the status of a snapshot.'), fails: [UNKNOWN, 'block-storage.snapshot.status-unknown'],
  cli: { command: 'volume snapshot set --state' },
});

export const forceDeleteSnapshot = endpoint({
  route, action: 'os-force_delete', summary: 'Delete a snapshot, whatever its status.', body: closed({ 'os-force_delete': T.Unknown() }), replies: 202,
  policy: volumeRule('volume_extension:snapshot_admin_actions:force_delete', ADMIN, 'Force delete a snapshot.'), fails: [UNKNOWN, STATE],
  cli: { command: 'volume snapshot delete --force' },
});

export const updateSnapshotStatus = endpoint({
  route, action: 'os-update_snapshot_status', summary: 'Say how a snapshot that somebody else takes is getting on.',
  body: closed({ 'os-update_snapshot_status': closed({ status: T.String({ maxLength: 255 }), progress: T.Optional(Nullable(T.String({ maxLength: 255 }))) }) }), replies: 202,
  policy: volumeRule('snapshot_extension:snapshot_actions:update_snapshot_status', MEMBER_OR_ADMIN, 'Update the status of a snapshot.'),
  fails: [UNKNOWN, STATE, 'block-storage.snapshot.progress'],
});

export const unmanageSnapshot = endpoint({
  route, action: 'os-unmanage', summary: 'Forget a snapshot without removing it from its backend.', body: closed({ 'os-unmanage': T.Unknown() }), replies: 202,
  policy: volumeRule('snapshot_extension:snapshot_unmanage', ADMIN, 'Stop managing a snapshot.'), fails: [UNKNOWN, STATE],
  cli: { command: 'volume snapshot delete --remote' },
});

const manageRule = volumeRule('snapshot_extension:snapshot_manage', ADMIN, 'Manage an existing snapshot.');
const listRule = volumeRule('snapshot_extension:list_manageable', ADMIN, 'List the snapshots of a backend that can be managed.');

const manageSpec = {
  body: closed({
    snapshot: closed({
      volume_id: Uuid, ref: T.Union([T.Record(T.String(), T.Unknown()), T.String(), T.Null()]),
      name: T.Optional(SnapshotName), description: T.Optional(Description), metadata: T.Optional(Nullable(Metadata)),
    }),
  }),
  view: closed({ snapshot: SnapshotSummary }), replies: 202, policy: manageRule,
  fails: ['block-storage.volume.unknown', 'block-storage.snapshot.reference', 'block-storage.quota.exceeded'],
} as const;

const Reference = T.Record(T.String(), T.String());
const Manageable = closed({ reference: Reference, size: T.Integer(), safe_to_manage: T.Boolean(), source_reference: Reference });
const ManageableDetail = closed({
  ...Manageable.properties, reason_not_safe: Nullable(T.String()), extra_info: Nullable(T.String()), cinder_id: Nullable(T.String()),
});
const listSpec = {
  query: open({ ...paging, host: T.Optional(T.String()), cluster: field(T.Optional(T.String()), { since: '3.17' }) }),
  replies: 200, policy: listRule, fails: ['block-storage.host.unknown'],
} as const;
const Summaries = closed({ 'manageable-snapshots': T.Array(Manageable) });
const Details = closed({ 'manageable-snapshots': T.Array(ManageableDetail) });

export const manageSnapshot = endpoint({
  route: 'POST /manageable_snapshots', since: '3.8', summary: 'Take a snapshot that a backend has under management.', ...manageSpec,
  cli: { command: 'volume snapshot create --remote-source' },
});
export const listManageableSnapshots = endpoint({
  route: 'GET /manageable_snapshots', since: '3.8', summary: 'List the snapshots of a backend that can be managed.', ...listSpec, view: Summaries,
});
export const listManageableSnapshotDetails = endpoint({
  route: 'GET /manageable_snapshots/detail', since: '3.8', summary: 'The same in full.', ...listSpec, view: Details,
});
export const manageSnapshotOldPath = endpoint({ route: 'POST /os-snapshot-manage', summary: 'Take a snapshot under management, under its path of old.', ...manageSpec });
export const listManageableSnapshotsOldPath = endpoint({ route: 'GET /os-snapshot-manage', summary: 'List manageable snapshots, under the path of old.', ...listSpec, view: Summaries });
export const listManageableSnapshotDetailsOldPath = endpoint({ route: 'GET /os-snapshot-manage/detail', summary: 'The same in full.', ...listSpec, view: Details });

