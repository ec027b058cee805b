import { closed, endpoint, field, Nullable, open, T, Uuid, versionNumber, WireBoolean, type PolicyRule, type TSchema, type VersionText } from '@virga/contract';
import { ADMIN, MEMBER_OR_ADMIN, READER_OR_ADMIN, volumeRule } from './rules.js';
import { Description, SnapshotName } from './snapshots.contract.js';
import { paging } from './paging.js';
import { Links, Text255, Time } from './values.js';

/** Behaviour of lists of groups that changes with the version. */
export const groupVersions = { strictFilters: versionNumber('3.31'), likeFilters: versionNumber('3.34') } as const;

const since = '3.13';
const UNKNOWN = 'block-storage.group.unknown';
const STATE = 'block-storage.group.state';

const GroupReference = closed({ id: T.String(), name: Nullable(T.String()) });
const Group = closed({
  id: T.String(), name: Nullable(T.String()), description: Nullable(T.String()), status: T.String(), availability_zone: Nullable(T.String()), created_at: Time,
  group_type: T.String(), volume_types: T.Array(T.String()),
  group_snapshot_id: field(Nullable(T.String()), { since: '3.14' }),
  source_group_id: field(Nullable(T.String()), { since: '3.14' }),
  /** Where asked for with `list_volume`. */
  volumes: field(T.Optional(T.Array(T.String())), { since: '3.25' }),
  replication_status: field(T.String(), { since: '3.38' }),
  /** For those whom policy lets see it. */
  project_id: field(T.Optional(T.String()), { since: '3.58' }),
});
const Made = closed({ group: GroupReference });

export const getGroupRule = volumeRule('group:get', READER_OR_ADMIN, 'Show a group.');
export const listGroupsRule = volumeRule('group:get_all', READER_OR_ADMIN, 'List groups.');
export const createGroupRule = volumeRule('group:create', MEMBER_OR_ADMIN, 'Create a group.');
export const groupProjectRule = volumeRule('group:group_project_attribute', ADMIN, 'See which project a group belongs to.');

const listQuery = open({ ...paging, all_tenants: T.Optional(T.String()), list_volume: T.Optional(T.String()) });

export const listGroups = endpoint({
  route: 'GET /groups', since, summary: 'List groups, briefly.', query: listQuery, view: closed({ groups: T.Array(GroupReference), group_links: T.Optional(Links) }), replies: 200,
  policy: listGroupsRule, fails: ['request.marker.unknown', 'request.filter.unknown'], cli: { command: 'volume group list', columns: ['id', 'name', 'status'] },
});

export const listGroupDetails = endpoint({
  route: 'GET /groups/detail', since, summary: 'List groups in full.', query: listQuery, view: closed({ groups: T.Array(Group), group_links: T.Optional(Links) }), replies: 200,
  policy: listGroupsRule, alsoConsults: [groupProjectRule], fails: ['request.marker.unknown', 'request.filter.unknown'],
});

export const showGroup = endpoint({
  route: 'GET /groups/{group_id}', since, summary: 'Show a group.', query: open({ list_volume: T.Optional(T.String()) }), view: closed({ group: Group }), replies: 200,
  policy: getGroupRule, alsoConsults: [groupProjectRule], fails: [UNKNOWN], cli: { command: 'volume group show' },
});

export const createGroup = endpoint({
  route: 'POST /groups', since, isShownAgain: true, summary: 'Make a group for volumes of some types.',
  body: closed({
    group: closed({
      group_type: T.String({ minLength: 1, maxLength: 255 }), volume_types: T.Array(T.String({ maxLength: 255 }), { minItems: 1, maxItems: 100, uniqueItems: true }),
      name: T.Optional(SnapshotName), description: T.Optional(Description), availability_zone: T.Optional(Nullable(T.String({ minLength: 1, maxLength: 255 }))),
    }),
  }),
  view: Made, replies: 202, policy: createGroupRule, charges: { groups: 1 },
  fails: ['block-storage.group-type.unknown', 'block-storage.volume-type.unknown', 'block-storage.zone.unknown', 'block-storage.quota.exceeded'],
  cli: { command: 'volume group create' },
});

export const updateGroup = endpoint({
  route: 'PUT /groups/{group_id}', since, summary: 'Rename a group, or put volumes into it and take them out.',
  body: closed({
    group: closed({
      name: T.Optional(SnapshotName), description: T.Optional(Description),
      add_volumes: T.Optional(Nullable(Text255)), remove_volumes: T.Optional(Nullable(Text255)),
    }, { minProperties: 1 }),
  }),
  replies: 202, policy: volumeRule('group:update', MEMBER_OR_ADMIN, 'Update a group.'), fails: [UNKNOWN, STATE, 'block-storage.group.volumes', 'block-storage.group.nothing'],
  cli: { command: 'volume group set' },
});

function action<Name extends string, Body extends TSchema>(name: Name, body: Body, spec: { since: VersionText; summary: string; policy: PolicyRule; cli?: string }) {
  return endpoint({
    route: 'POST /groups/{group_id}/action', action: name, since: spec.since, summary: spec.summary, body: closed({ [name]: body } as Record<Name, Body>), replies: 202,
    policy: spec.policy, fails: [UNKNOWN, STATE], ...(spec.cli !== undefined && { cli: { command: spec.cli } }),
  });
}

export const deleteGroup = action('delete', closed({ 'delete-volumes': T.Optional(WireBoolean) }), {
  since, summary: 'Delete a group, with its volumes where so asked.', policy: volumeRule('group:delete', MEMBER_OR_ADMIN, 'Delete a group.'), cli: 'volume group delete',
});

export const resetGroupStatus = action('reset_status', closed({ status: T.String({ maxLength: 255 }) }), {
  since: '3.20', summary: 'Set the recorded status of a group, for operators.', policy: volumeRule('group:reset_status', ADMIN, 'Reset the status of a group.'),
});

export const createGroupFromSource = endpoint({
  route: 'POST /groups/action', action: 'create-from-src', since: '3.14', summary: 'Make a group whose volumes are copies of a group\'s, or of its snapshot\'s.',
  body: closed({
    'create-from-src': closed({
      name: T.Optional(SnapshotName), description: T.Optional(Description), group_snapshot_id: T.Optional(Uuid), source_group_id: T.Optional(Uuid),
    }),
  }),
  view: Made, replies: 202, policy: createGroupRule, alsoConsults: [getGroupRule], charges: { groups: 1 },
  fails: [UNKNOWN, 'block-storage.group-snapshot.unknown', 'block-storage.group.source', 'block-storage.quota.exceeded'],
});

const replication = { since: '3.38' } as const;
const AnyObject = T.Record(T.String(), T.Unknown());

export const enableGroupReplication = action('enable_replication', AnyObject, {
  ...replication, summary: 'Replicate a group\'s volumes.', policy: volumeRule('group:enable_replication', MEMBER_OR_ADMIN, 'Enable replication.'),
});
export const disableGroupReplication = action('disable_replication', AnyObject, {
  ...replication, summary: 'Stop replicating a group\'s volumes.', policy: volumeRule('group:disable_replication', MEMBER_OR_ADMIN, 'Disable replication.'),
});
export const failOverGroupReplication = action('failover_replication', closed({
  allow_attached_volume: T.Optional(WireBoolean), secondary_backend_id: T.Optional(Nullable(T.String({ maxLength: 255 }))),
}), {
  ...replication, summary: 'Go on with a group\'s replicas.', policy: volumeRule('group:failover_replication', MEMBER_OR_ADMIN, 'Fail over replication.'),
});
export const listGroupReplicationTargets = action('list_replication_targets', AnyObject, {
  ...replication, summary: 'Where a group can be replicated to.', policy: volumeRule('group:list_replication_targets', MEMBER_OR_ADMIN, 'List replication targets.'),
});
