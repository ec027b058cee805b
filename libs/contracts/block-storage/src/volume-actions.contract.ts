import { closed, endpoint, field, Nullable, T, WireBoolean, type PolicyRule, type TSchema, type VersionText } from '@virga/contract';
import { ADMIN, MEMBER_OR_ADMIN, READER_OR_ADMIN, volumeRule } from './rules.js';
import { Text255 } from './values.js';
import { createMultiattach, showVolumeImageMetadata } from './volumes.contract.js';

const route = 'POST /volumes/{volume_id}/action';
const FAILS = ['block-storage.volume.unknown', 'block-storage.volume.state', 'operation.in-progress'];

interface ActionSpec {
  summary: string;
  policy: PolicyRule;
  alsoConsults?: readonly PolicyRule[];
  since?: VersionText;
  /** 202 where nothing is said: accepted, and happens in the background. */
  status?: number;
  fails?: readonly string[];
  cli?: string;
}

function action<Name extends string, Body extends TSchema>(
  name: Name, body: Body, { summary, policy, alsoConsults = [], since, status = 202, fails = [], cli }: ActionSpec,
) {
  return endpoint({
    route, action: name, summary, replies: status, policy, alsoConsults, fails: [...FAILS, ...fails],
    body: closed({ [name]: body } as Record<Name, Body>),
    ...(since !== undefined && { since }),
    ...(cli !== undefined && { cli: { command: cli } }),
  });
}

const admin = (name: string, describe: string): PolicyRule => volumeRule(`volume_extension:volume_admin_actions:${name}`, ADMIN, describe);
const member = (name: string, describe: string): PolicyRule => volumeRule(name, MEMBER_OR_ADMIN, describe);

/** The body of an action that says nothing but its name; what stands there is ignored, as ever. */
const Nothing = T.Unknown();
const Size = T.Union([T.Integer({ minimum: 1, maximum: 2_147_483_647 }), T.String({ pattern: '^0*[1-9][0-9]{0,8}$' })]);
const UuidText = T.String({ pattern: '^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$' });
/** What an image says: values of any length. */
const ImageMetadata = T.Record(T.String({ pattern: '^[a-zA-Z0-9-_:. /]{1,255}$' }), T.String({ maxLength: 65_535 }), { additionalProperties: false });
/** Older clients say that something went wrong as a boolean, as text, or not at all. */
const ErrorFlag = T.Optional(T.Union([T.Boolean(), T.String(), T.Null()]));

/** Since this version an attached volume may grow. */
export const EXTEND_ATTACHED_SINCE: VersionText = '3.42';

export const extendAttachedRule = member('volume:extend_attached_volume', 'Extend an attached volume.');

export const extendVolume = action('os-extend', closed({ new_size: Size }), {
  summary: 'Make a volume larger; attached ones since 3.42.', policy: member('volume:extend', 'Extend a volume.'), alsoConsults: [extendAttachedRule],
  fails: ['block-storage.volume.size', 'quota.exceeded'], cli: 'volume set --size',
});

export const extendVolumeCompletion = action('os-extend_volume_completion', closed({ error: ErrorFlag }), {
  summary: 'Ends the growth of an attached volume, for hypervisors that tell of it themselves.',
  policy: admin('extend_volume_completion', 'Complete a volume extend operation.'),
});

export const setVolumeBootable = action('os-set_bootable', closed({ bootable: WireBoolean }), {
  summary: 'Say whether servers can boot from a volume.', policy: member('volume:update', 'Update volume or update a volume\'s bootable status.'), status: 200,
  cli: 'volume set --bootable',
});

export const updateVolumeReadOnly = action('os-update_readonly_flag', closed({ readonly: WireBoolean }), {
  summary: 'Let a volume be attached for reading only, or for writing again.', policy: member('volume:update_readonly_flag', 'Update a volume\'s readonly flag.'),
  cli: 'volume set --read-only',
});

export const resetVolumeStatus = action('os-reset_status', closed({
  status: T.Optional(Nullable(T.String())), attach_status: T.Optional(Nullable(T.String())), migration_status: T.Optional(Nullable(T.String())),
}), {
  summary: 'Set the recorded status, for operators.', policy: admin('reset_status', 'Reset status of a volume.'), cli: 'volume set --state',
  fails: ['block-storage.volume.reset'],
});

export const forceDeleteVolume = action('os-force_delete', Nothing, {
  summary: 'Delete a volume, whatever status it is in.', policy: admin('force_delete', 'Force delete a volume.'), cli: 'volume delete --force',
});

export const retypeVolume = action('os-retype', closed({ new_type: T.String(), migration_policy: T.Optional(Nullable(T.Enum(['on-demand', 'never']))) }), {
  summary: 'Give a volume another type, and, where that is allowed, another backend.', policy: member('volume:retype', 'Retype a volume.'),
  alsoConsults: [createMultiattach], fails: ['block-storage.volume-type.unknown', 'block-storage.volume.retype', 'quota.exceeded'], cli: 'volume set --type',
});

export const migrateVolume = action('os-migrate_volume', closed({
  host: T.Optional(Nullable(T.String({ maxLength: 255 }))), force_host_copy: T.Optional(WireBoolean), lock_volume: T.Optional(WireBoolean),
  cluster: field(T.Optional(Nullable(T.String({ maxLength: 255 }))), { since: '3.16' }),
}), {
  summary: 'Move a volume to another backend.', policy: admin('migrate_volume', 'Migrate a volume to a specified host.'),
  fails: ['block-storage.backend.unknown', 'block-storage.volume.migration'], cli: 'volume migrate',
});

export const migrateVolumeCompletion = endpoint({
  ...action('os-migrate_volume_completion', closed({ new_volume: UuidText, error: ErrorFlag }), {
    summary: 'Ends a migration that moves between two volumes; this service\'s own do not need it.',
    policy: admin('migrate_volume_completion', 'Complete a volume migration.'), status: 200, fails: ['block-storage.volume.migration'],
  }).spec,
  view: T.Object({ save_volume_id: T.String() }),
});

export const uploadPublicRule = volumeRule('volume_extension:volume_actions:upload_public', ADMIN, 'Upload a volume to image service with public visibility.');

export const uploadVolumeToImage = endpoint({
  ...action('os-volume_upload_image', closed({
    image_name: T.String({ minLength: 1, maxLength: 255 }),
    force: T.Optional(WireBoolean),
    disk_format: T.Optional(T.Enum(['raw', 'vmdk', 'vdi', 'qcow2', 'vhd', 'vhdx', 'ploop'])),
    container_format: T.Optional(Nullable(Text255)),
    visibility: field(T.Optional(T.Enum(['community', 'public', 'private', 'shared'])), { since: '3.1' }),
    protected: field(T.Optional(WireBoolean), { since: '3.1' }),
  }), {
    summary: 'Make an image of a volume.', policy: member('volume_extension:volume_actions:upload_image', 'Upload a volume to image service.'),
    alsoConsults: [uploadPublicRule], fails: ['block-storage.image.format', 'block-storage.image.refused'], cli: 'image create --volume',
  }).spec,
  view: T.Object({
    'os-volume_upload_image': closed({
      id: T.String(), updated_at: Nullable(T.String()), status: T.String(), display_description: Nullable(T.String()), size: T.Integer(),
      volume_type: Nullable(closed({
        id: T.String(), name: T.String(), description: Nullable(T.String()), is_public: T.Boolean(), qos_specs_id: Nullable(T.String()),
      })),
      image_id: T.String(), container_format: T.String(), disk_format: T.String(), image_name: Nullable(T.String()),
      visibility: field(T.String(), { since: '3.1' }), protected: field(T.Boolean(), { since: '3.1' }),
    }),
  }),
});

export const revertVolume = action('revert', T.Object({ snapshot_id: T.Optional(Nullable(T.String())) }, { additionalProperties: true }), {
  summary: 'Give a volume the content of its latest snapshot again.', policy: member('volume:revert_to_snapshot', 'Revert a volume to a snapshot.'), since: '3.40',
  fails: ['block-storage.volume.revert', 'block-storage.volume.revert-state'], cli: 'volume revert',
});

export const reimageReservedRule = member('volume:reimage_reserved', 'Reimage a volume in reserved status.');

export const reimageVolume = action('os-reimage', closed({ image_id: UuidText, reimage_reserved: T.Optional(WireBoolean) }), {
  summary: 'Write an image over a volume.', policy: member('volume:reimage', 'Reimage a volume in available or error status.'), alsoConsults: [reimageReservedRule],
  since: '3.68', fails: ['block-storage.image.unusable', 'block-storage.volume.attachments'],
});

const ShownImageMetadata = T.Object({ metadata: T.Record(T.String(), T.String()) });

export const listVolumeImageMetadata = endpoint({
  ...action('os-show_image_metadata', Nothing, {
    summary: 'What the image that a volume was made from says.', status: 200,
    policy: showVolumeImageMetadata,
  }).spec,
  view: ShownImageMetadata,
});

export const setVolumeImageMetadata = endpoint({
  ...action('os-set_image_metadata', closed({ metadata: ImageMetadata }), {
    summary: 'Change what is kept of an image\'s metadata with a volume.', status: 200, fails: ['block-storage.volume.metadata'],
    policy: member('volume_extension:volume_image_metadata:set', 'Set image metadata for a volume.'),
  }).spec,
  view: ShownImageMetadata,
});

export const unsetVolumeImageMetadata = action('os-unset_image_metadata', closed({ key: T.String({ minLength: 1, maxLength: 255 }) }), {
  summary: 'Remove an entry of the image metadata kept with a volume.', status: 200, fails: ['block-storage.volume.image-metadata-unknown'],
  policy: member('volume_extension:volume_image_metadata:remove', 'Remove specific image metadata from a volume.'),
});

export const unmanageVolume = action('os-unmanage', Nothing, {
  summary: 'Let go of a volume and leave its bytes where they are.', policy: volumeRule('volume_extension:volume_unmanage', ADMIN, 'Stop managing a volume.'),
  cli: 'volume delete --remote', fails: ['block-storage.volume.unmanage'],
});

const encryptionRule = volumeRule('volume_extension:volume_encryption_metadata', READER_OR_ADMIN, 'Show a volume\'s encryption metadata.');

export const showVolumeEncryption = endpoint({
  route: 'GET /volumes/{volume_id}/encryption', summary: 'How a volume is encrypted.', replies: 200, policy: encryptionRule, fails: FAILS.slice(0, 1),
  view: closed({
    encryption_key_id: T.Optional(Nullable(T.String())), control_location: T.Optional(T.String()), cipher: T.Optional(Nullable(T.String())),
    key_size: T.Optional(Nullable(T.Integer())), provider: T.Optional(T.String()),
  }),
});

export const showVolumeEncryptionEntry = endpoint({
  route: 'GET /volumes/{volume_id}/encryption/{key}', summary: 'One part of how a volume is encrypted.', replies: 200, policy: encryptionRule,
  fails: [...FAILS.slice(0, 1), 'block-storage.volume.encryption-unknown'], view: T.Union([T.String(), T.Integer(), T.Null()]),
});

