import { closed, endpoint, field, Nullable, open, rule, T, WireBoolean } from '@virga/contract';
import { ADMIN, computeRule, MEMBER_OR_ADMIN } from './rules.js';
import {
  AccessIpV4, AccessIpV6, AdminPassword, Count, Description, DiskConfig, FlavorRef, HostName, Hostname, IpAddress, Links, Metadata, Name, Personality, Tag, Tags,
  UserData, UuidText,
} from './values.js';

const network = { uuid: T.Optional(T.String()), port: T.Optional(Nullable(UuidText)), fixed_ip: T.Optional(IpAddress) };
const strictNetwork = { ...network, uuid: T.Optional(UuidText) };
const tag = { tag: T.Optional(Tag) };

/** Tags of interfaces came with 2.32, were lost in 2.37 and came back with 2.42; from 2.37 on `networks` is required. */
const Networks = T.Union([
  field(T.Array(closed(network)), { until: '2.31' }),
  field(T.Array(closed({ ...network, ...tag })), { since: '2.32', until: '2.36' }),
  field(T.Array(closed(strictNetwork)), { since: '2.37', until: '2.41' }),
  field(T.Array(closed({ ...strictNetwork, ...tag })), { since: '2.42' }),
  field(T.Enum(['auto', 'none']), { since: '2.37' }),
]);

const DeviceName = T.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9._/-]*$' });
const VolumeSize = T.Union([T.Integer({ minimum: 1, maximum: 2_147_483_647 }), T.String({ pattern: '^[0-9]+$' })]);

const legacyDevice = {
  virtual_name: T.Optional(T.String({ maxLength: 255 })),
  volume_id: T.Optional(UuidText),
  snapshot_id: T.Optional(UuidText),
  volume_size: T.Optional(VolumeSize),
  device_name: T.Optional(DeviceName),
  delete_on_termination: T.Optional(WireBoolean),
  no_device: T.Optional(T.Unknown()),
  connection_info: T.Optional(T.String({ maxLength: 65_535 })),
};

const device = {
  ...legacyDevice,
  source_type: T.Optional(T.Enum(['volume', 'image', 'snapshot', 'blank'])),
  uuid: T.Optional(T.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9._-]*$' })),
  image_id: T.Optional(UuidText),
  destination_type: T.Optional(T.Enum(['local', 'volume'])),
  guest_format: T.Optional(T.String({ maxLength: 255 })),
  device_type: T.Optional(T.String({ maxLength: 255 })),
  disk_bus: T.Optional(T.String({ maxLength: 255 })),
  boot_index: T.Optional(Nullable(T.Union([T.Integer(), T.String({ pattern: '^-?[0-9]+$' })]))),
  volume_type: field(T.Optional(Nullable(T.String({ maxLength: 255 }))), { since: '2.67' }),
};

/** A block device of a new server; tags have the same gap as those of networks, one version wider. */
export const BlockDevice = T.Union([
  field(closed(device), { until: '2.31' }),
  field(closed({ ...device, ...tag }), { since: '2.32', until: '2.32' }),
  field(closed(device), { since: '2.33', until: '2.41' }),
  field(closed({ ...device, ...tag }), { since: '2.42' }),
]);

const Ids = T.Union([UuidText, T.Array(UuidText)]);

/** Hints that the scheduler knows; others are accepted and ignored, as Nova does. */
const SchedulerHints = open({
  group: T.Optional(Ids),
  same_host: T.Optional(Ids),
  different_host: T.Optional(Ids),
});

const NewServer = closed({
  name: Name,
  flavorRef: FlavorRef,
  imageRef: T.Optional(T.Union([UuidText, T.String({ maxLength: 0 })])),
  adminPass: T.Optional(AdminPassword),
  metadata: T.Optional(Metadata),
  networks: field(T.Optional(Networks), { requiredSince: '2.37' }),
  'OS-DCF:diskConfig': T.Optional(DiskConfig),
  accessIPv4: T.Optional(AccessIpV4),
  accessIPv6: T.Optional(AccessIpV6),
  personality: field(T.Optional(Personality), { until: '2.56' }),
  availability_zone: T.Optional(Name),
  block_device_mapping: T.Optional(T.Array(closed(legacyDevice))),
  block_device_mapping_v2: T.Optional(T.Array(BlockDevice)),
  config_drive: T.Optional(WireBoolean),
  key_name: T.Optional(Name),
  min_count: T.Optional(Count),
  max_count: T.Optional(Count),
  return_reservation_id: T.Optional(WireBoolean),
  security_groups: T.Optional(T.Array(closed({ name: T.Optional(Name) }))),
  user_data: T.Optional(UserData),
  description: field(T.Optional(Description), { since: '2.19' }),
  tags: field(T.Optional(Tags), { since: '2.52' }),
  trusted_image_certificates: field(T.Optional(Nullable(T.Array(T.String({ minLength: 1 }), { minItems: 1, maxItems: 50, uniqueItems: true }))), { since: '2.63' }),
  host: field(T.Optional(HostName), { since: '2.74' }),
  hypervisor_hostname: field(T.Optional(HostName), { since: '2.74' }),
  hostname: field(T.Optional(Hostname), { since: '2.90' }),
});

const CreatedServer = closed({
  id: T.String(), links: Links, 'OS-DCF:diskConfig': T.String(), security_groups: T.Array(closed({ name: T.String() })), adminPass: T.Optional(T.String()),
});

export const createForcedHost = computeRule('servers:create:forced_host', ADMIN, 'Create a server on a host of choice (zone:host:node).');
export const createRequestedDestination = rule('compute:servers:create:requested_destination', { check: ADMIN, describe: 'Create a server on a requested host and hypervisor.' });
export const createAttachNetwork = computeRule('servers:create:attach_network', MEMBER_OR_ADMIN, 'Create a server with requested networks attached.');
export const createAttachVolume = computeRule('servers:create:attach_volume', MEMBER_OR_ADMIN, 'Create a server with requested volumes attached.');
export const createTrustedCertificates = computeRule('servers:create:trusted_certs', MEMBER_OR_ADMIN, 'Create a server with trusted image certificate IDs.');
export const createZeroDiskFlavor = computeRule('servers:create:zero_disk_flavor', ADMIN, 'Boot an image with a flavor whose disk is 0.');

export const createServer = endpoint({
  route: 'POST /servers', isShownAgain: true,
  summary: 'Create one or several servers; each is built in the background.',
  body: closed({ server: NewServer, 'os:scheduler_hints': T.Optional(SchedulerHints), 'OS-SCH-HNT:scheduler_hints': T.Optional(SchedulerHints) }),
  view: T.Object({ server: T.Optional(CreatedServer), reservation_id: T.Optional(T.String()) }),
  replies: 202,
  policy: computeRule('servers:create', MEMBER_OR_ADMIN, 'Create a server.'),
  alsoConsults: [createForcedHost, createRequestedDestination, createAttachNetwork, createAttachVolume, createTrustedCertificates, createZeroDiskFlavor],
  charges: { instances: 1, cores: 1, ram: 1 },
  fails: [
    'compute.flavor.unknown', 'compute.image.unusable', 'compute.flavor.too-small', 'compute.keypair.unknown', 'compute.quota.exceeded',
    'compute.server.block-device', 'compute.server.boot-source', 'compute.volume.unavailable', 'compute.volume.multiattach-version', 'compute.zone.unknown', 'compute.server.counts', 'compute.server.user-data',
  ],
  cli: { command: 'server create', columns: ['id', 'name', 'status', 'flavor', 'image', 'addresses'] },
});
