import { closed, endpoint, field, Nullable, open, T, Timestamp, Uuid, WireBoolean } from '@virga/contract';
import { paging } from './paging.js';
import { ADMIN, volumeRule, MEMBER_OR_ADMIN, READER_OR_ADMIN } from './rules.js';
import { Gibibytes, Links, Metadata, OptionalText, Texts } from './values.js';
import { ChangedVolume, Volume, VolumeReference } from './volume.js';

export const showVolumeTenant = volumeRule('volume_extension:volume_tenant_attribute', READER_OR_ADMIN, 'See the project of a volume.');
export const showVolumeHost = volumeRule('volume_extension:volume_host_attribute', ADMIN, 'See the backend that a volume is on.');
export const showVolumeMigration = volumeRule('volume_extension:volume_mig_status_attribute', ADMIN, 'See how a volume\'s migration stands.');
export const showVolumeImageMetadata = volumeRule('volume_extension:volume_image_metadata:show', READER_OR_ADMIN, 'See what the image of a volume says of it.');
export const createFromImage = volumeRule('volume:create_from_image', MEMBER_OR_ADMIN, 'Make a volume from an image.');
export const createMultiattach = volumeRule('volume:multiattach', MEMBER_OR_ADMIN, 'Make a volume that several servers may have.');
export const forceDelete = volumeRule('volume:force_delete', ADMIN, 'Delete a volume whatever its status.');
export const showVolumeEncryptionKey = volumeRule('volume_extension:volume_encryption_metadata', READER_OR_ADMIN, 'See how a volume is encrypted.');

const visibility = [showVolumeTenant, showVolumeHost, showVolumeMigration, showVolumeImageMetadata];

const Reference = T.Optional(Nullable(T.String({ maxLength: 255 })));

const NewVolume = open({
  size: T.Optional(Nullable(Gibibytes)),
  name: T.Optional(OptionalText),
  description: T.Optional(OptionalText),
  /** Names of the API before v2; the newer ones win. */
  display_name: T.Optional(OptionalText),
  display_description: T.Optional(OptionalText),
  volume_type: Reference,
  availability_zone: Reference,
  metadata: T.Optional(Nullable(Metadata)),
  imageRef: Reference,
  image_id: Reference,
  snapshot_id: T.Optional(Nullable(Uuid)),
  source_volid: T.Optional(Nullable(Uuid)),
  consistencygroup_id: T.Optional(Nullable(Uuid)),
  multiattach: T.Optional(Nullable(WireBoolean)),
  group_id: field(T.Optional(Nullable(Uuid)), { since: '3.13' }),
  backup_id: field(T.Optional(Nullable(Uuid)), { since: '3.47' }),
});

const Hints = T.Optional(Nullable(open({
  same_host: T.Optional(T.Union([Uuid, T.Array(Uuid)])),
  different_host: T.Optional(T.Union([Uuid, T.Array(Uuid)])),
  local_to_instance: T.Optional(Uuid),
  query: T.Optional(T.Union([T.String(), T.Object({})])),
})));

export const createVolume = endpoint({
  route: 'POST /volumes',
  summary: 'Make a volume: empty, or from an image, a snapshot, another volume or a backup.',
  body: open({ volume: NewVolume, 'OS-SCH-HNT:scheduler_hints': Hints, 'os:scheduler_hints': Hints }),
  view: T.Object({ volume: ChangedVolume }),
  replies: 202,
  policy: volumeRule('volume:create', MEMBER_OR_ADMIN, 'Make a volume.'),
  alsoConsults: [createFromImage, createMultiattach, ...visibility],
  fails: [
    'block-storage.volume.request', 'block-storage.volume.size', 'block-storage.volume-type.unknown', 'block-storage.image.unknown', 'block-storage.image.unusable',
    'block-storage.snapshot.unknown', 'block-storage.volume.unknown', 'block-storage.zone.unknown', 'block-storage.quota.volumes', 'block-storage.quota.gigabytes',
  ],
  isShownAgain: true,
  cli: { command: 'volume create' },
});

/** Filters by anything else are let through and judged where they are applied. */
const listQuery = open({
  ...paging,
  all_tenants: T.Optional(Texts), with_count: field(T.Optional(Texts), { since: '3.45' }),
  name: T.Optional(Texts), display_name: T.Optional(Texts), status: T.Optional(Texts), bootable: T.Optional(Texts), metadata: T.Optional(Texts),
  project_id: T.Optional(Texts), availability_zone: T.Optional(Texts), multiattach: T.Optional(Texts), migration_status: T.Optional(Texts),
});

const listed = { volumes_links: T.Optional(Links), count: field(T.Optional(T.Integer()), { since: '3.45' }) };
const listRule = volumeRule('volume:get_all', READER_OR_ADMIN, 'List volumes.');
const listFails = ['request.marker.unknown', 'request.sort.key', 'request.limit', 'block-storage.volume.filter'];

export const listVolumes = endpoint({
  route: 'GET /volumes', summary: 'List volumes: ids, names and links.', query: listQuery,
  view: T.Object({ volumes: T.Array(VolumeReference), ...listed }), replies: 200, policy: listRule, fails: listFails,
});

export const listVolumeDetails = endpoint({
  route: 'GET /volumes/detail', summary: 'List volumes with details.', query: listQuery,
  view: T.Object({ volumes: T.Array(Volume), ...listed }), replies: 200, policy: listRule, alsoConsults: visibility, fails: listFails,
  cli: { command: 'volume list', columns: ['id', 'name', 'status', 'size', 'attachments'] },
});

export const summarizeVolumes = endpoint({
  route: 'GET /volumes/summary', since: '3.12', summary: 'How many volumes there are, how large they are together, and what their metadata says.', query: listQuery,
  view: T.Object({
    'volume-summary': closed({
      total_count: T.Integer(), total_size: T.Integer(), metadata: field(T.Record(T.String(), T.Array(T.String())), { since: '3.36' }),
    }),
  }),
  replies: 200, policy: listRule, fails: ['block-storage.volume.filter'], cli: { command: 'volume summary' },
});

export const showVolume = endpoint({
  route: 'GET /volumes/{volume_id}', summary: 'Show one volume.', query: open({}), view: T.Object({ volume: Volume }), replies: 200,
  policy: volumeRule('volume:get', READER_OR_ADMIN, 'Show a volume.'), alsoConsults: visibility, fails: ['block-storage.volume.unknown'],
  cli: { command: 'volume show' },
});

export const updateVolume = endpoint({
  route: 'PUT /volumes/{volume_id}', summary: 'Change a volume\'s name, description or metadata.',
  body: closed({
    volume: closed({
      name: T.Optional(OptionalText), description: T.Optional(OptionalText), display_name: T.Optional(OptionalText), display_description: T.Optional(OptionalText),
      metadata: T.Optional(Nullable(Metadata)),
    }),
  }),
  view: T.Object({ volume: ChangedVolume }), replies: 200,
  policy: volumeRule('volume:update', MEMBER_OR_ADMIN, 'Change a volume.'), alsoConsults: visibility, fails: ['block-storage.volume.unknown'],
  cli: { command: 'volume set' },
});

export const deleteVolume = endpoint({
  route: 'DELETE /volumes/{volume_id}', summary: 'Delete a volume; it goes in the background.',
  query: open({ cascade: T.Optional(Texts), force: field(T.Optional(Texts), { since: '3.23' }) }),
  replies: 202,
  policy: volumeRule('volume:delete', MEMBER_OR_ADMIN, 'Delete a volume.'), alsoConsults: [forceDelete],
  fails: ['block-storage.volume.unknown', 'block-storage.volume.status', 'block-storage.volume.has-snapshots'],
  cli: { command: 'volume delete' },
});

export const showVolumePlacement = endpoint({
  route: 'GET /x/volumes/{volume_id}/placement-explanation',
  summary: 'Why a volume is where it is, or why no backend could take it: reasons by class, and by backend for administrators.',
  view: T.Object({
    explanation: T.Object({
      volume_id: T.String(), decided_at: Timestamp, outcome: T.Enum(['placed', 'no-valid-backend']),
      reasons: T.Array(T.Object({ reason: T.String(), backends: T.Integer(), description: T.String() })),
      backend: T.Optional(Nullable(T.String())),
      backends: T.Optional(T.Array(T.Object({
        name: T.String(), outcome: T.Enum(['chosen', 'suitable', 'rejected']), reason: T.Optional(T.String()),
        needed: T.Optional(T.Unknown()), available: T.Optional(T.Unknown()), weight: T.Optional(T.Number()),
      }))),
    }),
  }),
  replies: 200,
  policy: volumeRule('volume:x:placement-explanation', READER_OR_ADMIN, 'Read why a volume was placed as it was.'),
  alsoConsults: [showVolumeHost],
  fails: ['block-storage.volume.unknown', 'block-storage.volume.not-scheduled'],
  cli: { command: 'volume explain' },
});
