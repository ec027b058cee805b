import { field, Nullable, T } from '@virga/contract';
import { Links, TextMap, Time } from './values.js';

const VolumeAttachment = T.Object({
  id: T.String(), attachment_id: T.String(), volume_id: T.String(), server_id: Nullable(T.String()), host_name: Nullable(T.String()),
  device: Nullable(T.String()), attached_at: Nullable(Time),
});

/** A volume in the list without details. */
export const VolumeReference = T.Object({ id: T.String(), name: Nullable(T.String()), links: Links });

/** What every reply says of a volume. */
const shown = {
  id: T.String(),
  name: Nullable(T.String()),
  description: Nullable(T.String()),
  size: T.Integer(),
  status: T.String(),
  availability_zone: T.String(),
  attachments: T.Array(VolumeAttachment),
  /** A text, as ever. */
  bootable: T.Enum(['true', 'false']),
  encrypted: T.Boolean(),
  multiattach: T.Boolean(),
  metadata: TextMap,
  volume_type: Nullable(T.String()),
  snapshot_id: Nullable(T.String()),
  source_volid: Nullable(T.String()),
  consistencygroup_id: T.Null(),
  replication_status: Nullable(T.String()),
  migration_status: Nullable(T.String()),
  user_id: T.String(),
  created_at: Time,
  updated_at: Nullable(Time),
  links: Links,
  group_id: field(T.Optional(Nullable(T.String())), { since: '3.13' }),
  provider_id: field(T.Optional(Nullable(T.String())), { since: '3.21' }),
  service_uuid: field(T.Optional(Nullable(T.String())), { since: '3.48' }),
  shared_targets: field(T.Optional(Nullable(T.Boolean())), { since: '3.48' }),
  cluster_name: field(T.Optional(Nullable(T.String())), { since: '3.61' }),
  volume_type_id: field(T.Optional(Nullable(T.String())), { since: '3.63' }),
  encryption_key_id: field(T.Optional(Nullable(T.String())), { since: '3.64' }),
  consumes_quota: field(T.Optional(T.Boolean()), { since: '3.65' }),
};

/** A volume as the replies of making and changing one show it: clients refuse what they do not expect there. */
export const ChangedVolume = T.Object(shown);

/** A volume with everything that the API says of it; what depends on the caller's rights is optional. */
export const Volume = T.Object({
  ...shown,
  volume_image_metadata: T.Optional(TextMap),
  'os-vol-tenant-attr:tenant_id': T.Optional(T.String()),
  'os-vol-host-attr:host': T.Optional(Nullable(T.String())),
  'os-vol-mig-status-attr:migstat': T.Optional(Nullable(T.String())),
  'os-vol-mig-status-attr:name_id': T.Optional(Nullable(T.String())),
});
