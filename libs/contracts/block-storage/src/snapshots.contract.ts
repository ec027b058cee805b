import { closed, endpoint, field, Nullable, open, T, Uuid, versionNumber, WireBoolean } from '@virga/contract';
import { MEMBER_OR_ADMIN, READER_OR_ADMIN, volumeRule } from './rules.js';
import { paging } from './paging.js';
import { Links, Metadata, Text255, Texts, Time } from './values.js';

/** Behaviour of snapshots that changes with the version and is no matter of shapes. */
export const snapshotVersions = {
  /** Lists can be filtered by metadata. */
  metadataFilter: versionNumber('3.22'),
  /** `name` sorts; before, it was only known as `display_name`. */
  sortByName: versionNumber('3.30'),
  /** Filters that are not configured are refused; before, they were ignored. */
  strictFilters: versionNumber('3.31'),
  likeFilters: versionNumber('3.34'),
  count: versionNumber('3.45'),
  consumesQuotaFilter: versionNumber('3.65'),
  /** A volume in use needs no `force`, and `force: false` means nothing any more. */
  inUse: versionNumber('3.66'),
} as const;

export const SnapshotName = Nullable(T.String({ maxLength: 255 }));
export const Description = Nullable(Text255);

const shape = {
  id: T.String(), created_at: Time, updated_at: Nullable(Time), name: Nullable(T.String()), description: Nullable(T.String()),
  volume_id: T.String(), status: T.String(), size: T.Integer(), metadata: T.Record(T.String(), T.String()),
};

/** What short lists show; also of the old calls that manage snapshots. */
export const SnapshotSummary = closed(shape);

const details = {
  ...shape,
  group_snapshot_id: field(Nullable(T.String()), { since: '3.14' }),
  user_id: field(T.String(), { since: '3.41' }),
  consumes_quota: field(T.Boolean(), { since: '3.65' }),
};
export const SnapshotDetail = closed(details);
/** The last two are left out where policy says so. */
const ExtendedSnapshot = closed({
  ...details,
  'os-extended-snapshot-attributes:project_id': T.Optional(T.String()),
  'os-extended-snapshot-attributes:progress': T.Optional(T.String()),
});

export const getSnapshotRule = volumeRule('volume:get_snapshot', READER_OR_ADMIN, 'Show a snapshot.');
export const listSnapshotsRule = volumeRule('volume:get_all_snapshots', READER_OR_ADMIN, 'List snapshots.');
export const extendedSnapshotRule = volumeRule('volume_extension:extended_snapshot_attributes', READER_OR_ADMIN, 'See the project and the progress of snapshots.');

const UNKNOWN = 'block-storage.snapshot.unknown';

const listQuery = open({
  ...paging, all_tenants: T.Optional(T.String()), with_count: T.Optional(T.String()), metadata: T.Optional(Texts),
});
const page = { snapshots_links: T.Optional(Links), count: T.Optional(T.Integer()) };

export const listSnapshots = endpoint({
  route: 'GET /snapshots', summary: 'List snapshots, briefly.', query: listQuery, view: closed({ snapshots: T.Array(SnapshotSummary), ...page }), replies: 200,
  policy: listSnapshotsRule, fails: ['request.marker.unknown', 'request.filter.unknown'], cli: { command: 'volume snapshot list', columns: ['id', 'name', 'status', 'size'] },
});

export const listSnapshotDetails = endpoint({
  route: 'GET /snapshots/detail', summary: 'List snapshots in full.', query: listQuery, view: closed({ snapshots: T.Array(ExtendedSnapshot), ...page }), replies: 200,
  policy: listSnapshotsRule, alsoConsults: [extendedSnapshotRule], fails: ['request.marker.unknown', 'request.filter.unknown'],
});

export const createSnapshot = endpoint({
  route: 'POST /snapshots', isShownAgain: true, summary: 'Take a snapshot of a volume; with force, also of one in use.',
  body: closed({
    snapshot: closed({
      volume_id: Nullable(Uuid), name: T.Optional(SnapshotName), display_name: T.Optional(SnapshotName), description: T.Optional(Description),
      force: T.Optional(WireBoolean), metadata: T.Optional(Nullable(Metadata)),
    }),
  }),
  view: closed({ snapshot: SnapshotDetail }), replies: 202,
  policy: volumeRule('volume:create_snapshot', MEMBER_OR_ADMIN, 'Create a snapshot.'),
  charges: { snapshots: 1 }, fails: ['block-storage.volume.unknown', 'block-storage.volume.state', 'block-storage.quota.exceeded'],
  cli: { command: 'volume snapshot create' },
});

export const showSnapshot = endpoint({
  route: 'GET /snapshots/{snapshot_id}', summary: 'Show a snapshot.', view: closed({ snapshot: ExtendedSnapshot }), replies: 200,
  policy: getSnapshotRule, alsoConsults: [extendedSnapshotRule], fails: [UNKNOWN], cli: { command: 'volume snapshot show' },
});

export const updateSnapshot = endpoint({
  route: 'PUT /snapshots/{snapshot_id}', summary: 'Give a snapshot another name or description.',
  body: closed({
    snapshot: closed({
      name: T.Optional(SnapshotName), display_name: T.Optional(SnapshotName), description: T.Optional(Description), display_description: T.Optional(Description),
    }, { minProperties: 1 }),
  }),
  view: closed({ snapshot: SnapshotDetail }), replies: 200,
  policy: volumeRule('volume:update_snapshot', MEMBER_OR_ADMIN, 'Update a snapshot.'), fails: [UNKNOWN], cli: { command: 'volume snapshot set' },
});

export const deleteSnapshot = endpoint({
  route: 'DELETE /snapshots/{snapshot_id}', summary: 'Delete a snapshot; volumes made from it stay.', replies: 202,
  policy: volumeRule('volume:delete_snapshot', MEMBER_OR_ADMIN, 'Delete a snapshot.'), fails: [UNKNOWN, 'block-storage.snapshot.state'],
  cli: { command: 'volume snapshot delete' },
});

const Entries = closed({ metadata: T.Record(T.String(), T.String()) });
const Entry = closed({ meta: T.Record(T.String(), T.String()) });
const MetadataBody = open({ metadata: Metadata });

export const getSnapshotMetadataRule = volumeRule('volume:get_snapshot_metadata', READER_OR_ADMIN, 'Show a snapshot\'s metadata.');
export const updateSnapshotMetadataRule = volumeRule('volume:update_snapshot_metadata', MEMBER_OR_ADMIN, 'Change a snapshot\'s metadata.');
const METADATA_FAILS = [UNKNOWN, 'block-storage.snapshot.metadata-unknown'];

export const listSnapshotMetadata = endpoint({
  route: 'GET /snapshots/{snapshot_id}/metadata', summary: 'All metadata of a snapshot.', view: Entries, replies: 200,
  policy: getSnapshotMetadataRule, fails: [UNKNOWN],
});

export const addSnapshotMetadata = endpoint({
  route: 'POST /snapshots/{snapshot_id}/metadata', summary: 'Add or replace some metadata of a snapshot.', body: MetadataBody, view: Entries, replies: 200,
  policy: updateSnapshotMetadataRule, fails: [UNKNOWN],
});

export const replaceSnapshotMetadata = endpoint({
  route: 'PUT /snapshots/{snapshot_id}/metadata', summary: 'Replace all metadata of a snapshot.', body: MetadataBody, view: Entries, replies: 200,
  policy: updateSnapshotMetadataRule, fails: [UNKNOWN],
});

export const showSnapshotMetadataEntry = endpoint({
  route: 'GET /snapshots/{snapshot_id}/metadata/{key}', summary: 'One entry of a snapshot\'s metadata.', view: Entry, replies: 200,
  policy: getSnapshotMetadataRule, fails: METADATA_FAILS,
});

export const setSnapshotMetadataEntry = endpoint({
  route: 'PUT /snapshots/{snapshot_id}/metadata/{key}', summary: 'Set one entry of a snapshot\'s metadata.', body: open({ meta: Metadata }), view: Entry, replies: 200,
  policy: updateSnapshotMetadataRule, fails: [UNKNOWN, 'block-storage.snapshot.metadata-key'],
});

export const deleteSnapshotMetadataEntry = endpoint({
  route: 'DELETE /snapshots/{snapshot_id}/metadata/{key}', summary: 'Remove one entry of a snapshot\'s metadata.', replies: 200,
  policy: volumeRule('volume:delete_snapshot_metadata', MEMBER_OR_ADMIN, 'Delete an entry of a snapshot\'s metadata.'), fails: METADATA_FAILS,
});

