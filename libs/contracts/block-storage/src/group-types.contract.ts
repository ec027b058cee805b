import { closed, endpoint, Nullable, open, T, WireBoolean } from '@virga/contract';
import { ADMIN, volumeRule } from './rules.js';
import { paging } from './paging.js';
import { Links, Metadata, Name, Text255 } from './values.js';

const since = '3.11';
const UNKNOWN = 'block-storage.group-type.unknown';
const Specs = T.Record(T.String(), Nullable(T.String()));

/** `group_specs` is left out where policy says so. */
const GroupType = closed({
  id: T.String(), name: T.String(), description: Nullable(T.String()), is_public: T.Boolean(), group_specs: T.Optional(Specs),
});
const One = closed({ group_type: GroupType });

/** Cinder has no rules for these two: everyone sees public group types, administrators all. */
export const listGroupTypesRule = volumeRule('x:group:group_types:get_all', '@', 'List group types.');
export const showGroupTypeRule = volumeRule('x:group:group_types:get', '@', 'Show a group type.');
export const groupSpecsShownRule = volumeRule('group:access_group_types_specs', ADMIN, 'See the specs of group types with them.');

export const listGroupTypes = endpoint({
  route: 'GET /group_types', since, summary: 'List group types.', query: open({ ...paging, is_public: T.Optional(T.String()) }),
  view: closed({ group_types: T.Array(GroupType), group_type_links: T.Optional(Links) }), replies: 200,
  policy: listGroupTypesRule, alsoConsults: [groupSpecsShownRule], fails: ['request.marker.unknown'],
  cli: { command: 'volume group type list', columns: ['id', 'name'] },
});

export const showGroupType = endpoint({
  route: 'GET /group_types/{group_type_id}', since, summary: 'Show a group type; `default` is the one for groups that name none.', view: One, replies: 200,
  policy: showGroupTypeRule, alsoConsults: [groupSpecsShownRule], fails: [UNKNOWN], cli: { command: 'volume group type show' },
});

export const createGroupType = endpoint({
  route: 'POST /group_types', since, isShownAgain: true, summary: 'Make a group type.',
  body: closed({
    group_type: closed({ name: Name, description: T.Optional(Nullable(Text255)), is_public: T.Optional(WireBoolean), group_specs: T.Optional(Nullable(Metadata)) }),
  }),
  view: One, replies: 202, policy: volumeRule('group:group_types:create', ADMIN, 'Create a group type.'), alsoConsults: [groupSpecsShownRule],
  fails: ['block-storage.group-type.exists'], cli: { command: 'volume group type create' },
});

export const updateGroupType = endpoint({
  route: 'PUT /group_types/{group_type_id}', since, summary: 'Change a group type.',
  body: closed({
    group_type: closed({ name: T.Optional(Nullable(T.String({ maxLength: 255 }))), description: T.Optional(Nullable(Text255)), is_public: T.Optional(WireBoolean) }),
  }),
  view: One, replies: 200, policy: volumeRule('group:group_types:update', ADMIN, 'Update a group type.'), alsoConsults: [groupSpecsShownRule],
  fails: [UNKNOWN, 'block-storage.group-type.exists', 'block-storage.group-type.name'], cli: { command: 'volume group type set' },
});

export const deleteGroupType = endpoint({
  route: 'DELETE /group_types/{group_type_id}', since, summary: 'Delete a group type that no group is of.', replies: 202,
  policy: volumeRule('group:group_types:delete', ADMIN, 'Delete a group type.'), fails: [UNKNOWN, 'block-storage.group-type.in-use'],
  cli: { command: 'volume group type delete' },
});

const specRule = (name: string, describe: string) => volumeRule(`group:group_types_specs:${name}`, ADMIN, describe);
const SpecKey = T.String({ pattern: '^[a-zA-Z0-9-_:.]{1,255}$' });
const GivenSpecs = T.Record(SpecKey, Nullable(T.String({ maxLength: 255 })), { additionalProperties: false });
const Listed = closed({ group_specs: Specs });

export const listGroupSpecs = endpoint({
  route: 'GET /group_types/{group_type_id}/group_specs', since, summary: 'The specs of a group type.', view: Listed, replies: 200,
  policy: specRule('get_all', 'List group type specs.'), fails: [UNKNOWN],
});

export const createGroupSpecs = endpoint({
  route: 'POST /group_types/{group_type_id}/group_specs', since, summary: 'Add or replace some specs of a group type.',
  body: closed({ group_specs: GivenSpecs }), view: Listed, replies: 202, policy: specRule('create', 'Create a group type spec.'), fails: [UNKNOWN],
});

export const showGroupSpec = endpoint({
  route: 'GET /group_types/{group_type_id}/group_specs/{key}', since, summary: 'One spec of a group type.', view: Specs, replies: 200,
  policy: specRule('get', 'Show a group type spec.'), fails: [UNKNOWN, 'block-storage.group-type.spec-unknown'],
});

export const updateGroupSpec = endpoint({
  route: 'PUT /group_types/{group_type_id}/group_specs/{key}', since, summary: 'Set one spec of a group type.',
  body: T.Record(SpecKey, Nullable(T.String({ maxLength: 255 })), { additionalProperties: false, minProperties: 1, maxProperties: 1 }), view: Specs, replies: 200,
  policy: specRule('update', 'Update a group type spec.'), fails: [UNKNOWN, 'block-storage.group-type.spec-key'],
});

export const deleteGroupSpec = endpoint({
  route: 'DELETE /group_types/{group_type_id}/group_specs/{key}', since, summary: 'Remove one spec of a group type.', replies: 202,
  policy: specRule('delete', 'Delete a group type spec.'), fails: [UNKNOWN, 'block-storage.group-type.spec-unknown'],
});
