import { closed, endpoint, Nullable, open, T, WireBoolean } from '@virga/contract';
import { ADMIN, MEMBER_OR_ADMIN, READER_OR_ADMIN, volumeRule } from './rules.js';
import { paging } from './paging.js';
import { Links, Text255 } from './values.js';

/** Extra specs that everybody may see; the others may tell how the cloud is built (Cinder, "user visible extra specs"). */
export const USER_VISIBLE_EXTRA_SPECS: readonly string[] = ['RESKEY:availability_zones', 'multiattach', 'replication_enabled'];

export const VOLUME_TYPE_SORT_KEYS = ['id', 'name', 'created_at', 'updated_at', 'description', 'is_public'] as const;

const ExtraSpecs = T.Record(T.String(), Nullable(T.String()));
const SpecValue = Nullable(T.String({ maxLength: 255 }));
const NewExtraSpecs = T.Record(T.String({ pattern: '^[a-zA-Z0-9-_:. /]{1,255}$' }), SpecValue, { additionalProperties: false });
const SetExtraSpecs = { pattern: '^[a-zA-Z0-9-_:.]{1,255}$' };

const VolumeType = T.Object({
  id: T.String(), name: T.String(), is_public: T.Boolean(), description: Nullable(T.String()),
  extra_specs: T.Optional(ExtraSpecs), qos_specs_id: T.Optional(Nullable(T.String())),
  'os-volume-type-access:is_public': T.Optional(T.Boolean()),
});
const One = T.Object({ volume_type: VolumeType });

export const showTypeExtraSpecs = volumeRule('volume_extension:access_types_extra_specs', READER_OR_ADMIN, 'Show extra specs with volume types.');
export const showTypeQosSpecs = volumeRule('volume_extension:access_types_qos_specs_id', ADMIN, 'Show the id of QoS specs with volume types.');
export const showTypeAccess = volumeRule('volume_extension:volume_type_access', MEMBER_OR_ADMIN, 'Show with volume types whether they are public.');
export const readSensitiveExtraSpecs = volumeRule('volume_extension:types_extra_specs:read_sensitive', ADMIN, 'See all extra specs instead of those for users.');
const shown = [showTypeExtraSpecs, showTypeQosSpecs, showTypeAccess, readSensitiveExtraSpecs];

const UNKNOWN = 'block-storage.volume-type.unknown';
const EXISTS = 'block-storage.volume-type.exists';
const IN_USE = 'block-storage.volume-type.in-use';

/** Names may begin and end in white space, which is taken away, but not be all of it. */
const TypeName = T.String({ minLength: 1, maxLength: 255, pattern: String.raw`\S` });

export const listVolumeTypes = endpoint({
  route: 'GET /types', summary: 'List the volume types that the caller may use; administrators may ask for others.',
  query: open({ ...paging, is_public: T.Optional(T.String()), extra_specs: T.Optional(T.String()) }),
  view: T.Object({ volume_types: T.Array(VolumeType), volume_type_links: T.Optional(Links) }), replies: 200,
  policy: volumeRule('volume_extension:type_get_all', READER_OR_ADMIN, 'List volume types.'), alsoConsults: shown,
  fails: ['request.marker.unknown', 'block-storage.volume-type.filter'], cli: { command: 'volume type list', columns: ['id', 'name', 'is_public'] },
});
export const createVolumeType = endpoint({
  route: 'POST /types', isShownAgain: true, summary: 'Make a volume type.',
  body: closed({
    volume_type: closed({
      name: TypeName, description: T.Optional(Nullable(Text255)), extra_specs: T.Optional(NewExtraSpecs),
      'os-volume-type-access:is_public': T.Optional(WireBoolean),
    }),
  }),
  view: One, replies: 200, policy: volumeRule('volume_extension:type_create', ADMIN, 'Create a volume type.'), alsoConsults: shown,
  fails: [EXISTS], cli: { command: 'volume type create' },
});
export const showVolumeType = endpoint({
  route: 'GET /types/{type_id}', summary: 'Show a volume type, or with the id `default` the one for volumes that name none.',
  view: One, replies: 200, policy: volumeRule('volume_extension:type_get', READER_OR_ADMIN, 'Show a volume type.'), alsoConsults: shown,
  fails: [UNKNOWN], cli: { command: 'volume type show' },
});
export const updateVolumeType = endpoint({
  route: 'PUT /types/{type_id}', summary: 'Change a volume type\'s name, description or publicity.',
  body: closed({
    volume_type: closed({
      name: T.Optional(Nullable(T.String({ minLength: 1, maxLength: 255 }))), description: T.Optional(Nullable(Text255)), is_public: T.Optional(WireBoolean),
    }),
  }),
  view: One, replies: 200, policy: volumeRule('volume_extension:type_update', ADMIN, 'Update a volume type.'), alsoConsults: shown,
  fails: [UNKNOWN, EXISTS, 'block-storage.volume-type.change'], cli: { command: 'volume type set' },
});
export const deleteVolumeType = endpoint({
  route: 'DELETE /types/{type_id}', summary: 'Delete a volume type that no volume has.', replies: 202,
  policy: volumeRule('volume_extension:type_delete', ADMIN, 'Delete a volume type.'),
  fails: [UNKNOWN, IN_USE, 'block-storage.volume-type.default'], cli: { command: 'volume type delete' },
});

const specsRule = (name: string, check: string, describe: string) => volumeRule(`volume_extension:types_extra_specs:${name}`, check, describe);
const SPEC_UNKNOWN = 'block-storage.volume-type.extra-spec.unknown';
const MISMATCH = 'block-storage.volume-type.extra-spec';

export const listTypeExtraSpecs = endpoint({
  route: 'GET /types/{type_id}/extra_specs', summary: 'List a volume type\'s extra specs.', view: T.Object({ extra_specs: ExtraSpecs }), replies: 200,
  policy: specsRule('index', READER_OR_ADMIN, 'List extra specs of a volume type.'), alsoConsults: [readSensitiveExtraSpecs], fails: [UNKNOWN],
});
export const createTypeExtraSpecs = endpoint({
  route: 'POST /types/{type_id}/extra_specs', summary: 'Set extra specs of a volume type that no volume has.',
  body: closed({ extra_specs: T.Record(T.String(SetExtraSpecs), SpecValue, { additionalProperties: false }) }),
  view: T.Object({ extra_specs: ExtraSpecs }), replies: 200,
  policy: specsRule('create', ADMIN, 'Create extra specs of a volume type.'), fails: [UNKNOWN, IN_USE, MISMATCH],
});
export const showTypeExtraSpec = endpoint({
  route: 'GET /types/{type_id}/extra_specs/{key}', summary: 'Show one extra spec of a volume type.', view: ExtraSpecs, replies: 200,
  policy: specsRule('show', READER_OR_ADMIN, 'Show an extra spec of a volume type.'), alsoConsults: [readSensitiveExtraSpecs], fails: [UNKNOWN, SPEC_UNKNOWN],
});
export const updateTypeExtraSpec = endpoint({
  route: 'PUT /types/{type_id}/extra_specs/{key}', summary: 'Set one extra spec of a volume type that no volume has.',
  body: T.Record(T.String(SetExtraSpecs), SpecValue, { additionalProperties: false, minProperties: 1, maxProperties: 1 }),
  view: ExtraSpecs, replies: 200, policy: specsRule('update', ADMIN, 'Update an extra spec of a volume type.'), fails: [UNKNOWN, IN_USE, MISMATCH],
});
export const deleteTypeExtraSpec = endpoint({
  route: 'DELETE /types/{type_id}/extra_specs/{key}', summary: 'Remove one extra spec of a volume type that no volume has.', replies: 202,
  policy: specsRule('delete', ADMIN, 'Delete an extra spec of a volume type.'), fails: [UNKNOWN, IN_USE, SPEC_UNKNOWN],
});

const accessRule = (name: string, describe: string) => volumeRule(`volume_extension:volume_type_access:${name}`, ADMIN, describe);
const Project = closed({ project: T.String({ minLength: 1, maxLength: 255 }) });
const action = 'POST /types/{type_id}/action';
const PUBLIC = 'block-storage.volume-type.public';

export const listTypeAccess = endpoint({
  route: 'GET /types/{type_id}/os-volume-type-access', summary: 'List the projects that may use a private volume type.',
  view: T.Object({ volume_type_access: T.Array(T.Object({ volume_type_id: T.String(), project_id: T.String() })) }), replies: 200,
  policy: accessRule('get_all_for_type', 'List the projects that have access to a volume type.'), fails: [UNKNOWN, 'block-storage.volume-type.access.unknown'],
});
export const addTypeAccess = endpoint({
  route: action, action: 'addProjectAccess', summary: 'Let a project use a private volume type.', body: closed({ addProjectAccess: Project }), replies: 202,
  policy: accessRule('addProjectAccess', 'Add a project\'s access to a volume type.'), fails: [UNKNOWN, PUBLIC, 'block-storage.volume-type.access.exists'],
});
export const removeTypeAccess = endpoint({
  route: action, action: 'removeProjectAccess', summary: 'Take a private volume type from a project.', body: closed({ removeProjectAccess: Project }), replies: 202,
  policy: accessRule('removeProjectAccess', 'Remove a project\'s access to a volume type.'), fails: [UNKNOWN, PUBLIC, 'block-storage.volume-type.access.unknown'],
});

const encryptionRule = (name: string, describe: string) => volumeRule(`volume_extension:volume_type_encryption:${name}`, ADMIN, describe);
const KeySize = Nullable(T.Union([T.Integer({ minimum: 0, maximum: 2_147_483_647 }), T.String({ pattern: '^[0-9]{1,9}$' })]));
const wanted = {
  key_size: T.Optional(KeySize), cipher: T.Optional(Nullable(T.String({ maxLength: 255 }))),
};
const Provider = T.String({ maxLength: 255 });
const ControlLocation = T.Enum(['front-end', 'back-end']);
const settings = {
  key_size: T.Optional(Nullable(T.Integer())), provider: T.Optional(T.String()), control_location: T.Optional(T.String()), cipher: T.Optional(Nullable(T.String())),
};
const named = { volume_type_id: T.Optional(T.String()), encryption_id: T.Optional(T.String()) };

/** What stands in an encryption is shown by itself; nothing where the type has none. */
export const showTypeEncryption = endpoint({
  route: 'GET /types/{type_id}/encryption', summary: 'Show how volumes of a type are encrypted; an empty object where they are not.',
  view: T.Object({
    ...named, ...settings, deleted: T.Optional(T.Boolean()), created_at: T.Optional(T.String()), updated_at: T.Optional(Nullable(T.String())),
    deleted_at: T.Optional(T.Null()),
  }),
  replies: 200, policy: encryptionRule('get', 'Show a volume type\'s encryption.'), fails: [UNKNOWN],
});
export const createTypeEncryption = endpoint({
  route: 'POST /types/{type_id}/encryption', summary: 'Have volumes of a type encrypted.',
  body: closed({ encryption: open({ ...wanted, provider: Provider, control_location: ControlLocation }) }),
  view: T.Object({ encryption: T.Object({ ...named, ...settings }) }), replies: 200,
  policy: encryptionRule('create', 'Create a volume type\'s encryption.'), fails: [UNKNOWN, IN_USE, 'block-storage.volume-type.encryption.exists'],
});
export const showTypeEncryptionItem = endpoint({
  route: 'GET /types/{type_id}/encryption/{encryption_id}', summary: 'Show one property of a volume type\'s encryption, named in the path.',
  view: T.Record(T.String(), T.Unknown()), replies: 200, policy: encryptionRule('get', 'Show a volume type\'s encryption.'),
  fails: [UNKNOWN, 'block-storage.volume-type.encryption.unknown'],
});
export const updateTypeEncryption = endpoint({
  route: 'PUT /types/{type_id}/encryption/{encryption_id}', summary: 'Change the encryption of a type that no volume has.',
  body: closed({ encryption: open({ ...wanted, provider: T.Optional(Provider), control_location: T.Optional(ControlLocation) }) }),
  view: T.Object({ encryption: T.Object(settings) }), replies: 200,
  policy: encryptionRule('update', 'Update a volume type\'s encryption.'), fails: [UNKNOWN, IN_USE, 'block-storage.volume-type.encryption.unknown'],
});
export const deleteTypeEncryption = endpoint({
  route: 'DELETE /types/{type_id}/encryption/{encryption_id}', summary: 'Have volumes of a type no more encrypted.', replies: 202,
  policy: encryptionRule('delete', 'Delete a volume type\'s encryption.'), fails: [UNKNOWN, IN_USE, 'block-storage.volume-type.encryption.unknown'],
});

const DefaultType = T.Object({ project_id: T.String(), volume_type_id: T.String() });
const defaultRule = (name: string, describe: string) => volumeRule(`volume_extension:default_${name}`, ADMIN, describe);
const since = '3.62' as const;

export const listDefaultTypes = endpoint({
  route: 'GET /default-types', since, summary: 'List the projects that have a default volume type of their own.',
  view: T.Object({ default_types: T.Array(DefaultType) }), replies: 200, policy: defaultRule('get_all', 'List default volume types.'),
});
export const showDefaultType = endpoint({
  route: 'GET /default-types/{project_id}', since, summary: 'Show a project\'s own default volume type.', view: T.Object({ default_type: DefaultType }), replies: 200,
  policy: defaultRule('get', 'Show a project\'s default volume type.'), fails: ['block-storage.project.unknown', 'block-storage.default-type.unknown'],
});
export const setDefaultType = endpoint({
  route: 'PUT /default-types/{project_id}', since, summary: 'Give a project a default volume type of its own, by the type\'s id or name.',
  body: closed({ default_type: closed({ volume_type: TypeName }) }), view: T.Object({ default_type: DefaultType }), replies: 200,
  policy: defaultRule('set_or_update', 'Set a project\'s default volume type.'), fails: ['block-storage.project.unknown', 'block-storage.default-type.invalid'],
});
export const unsetDefaultType = endpoint({
  route: 'DELETE /default-types/{project_id}', since, summary: 'Let a project use the cloud\'s default volume type again.', replies: 204,
  policy: defaultRule('unset', 'Unset a project\'s default volume type.'),
});
