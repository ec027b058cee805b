import { closed, endpoint, field, Nullable, open, rule, T, versionNumber, WireBoolean } from '@virga/contract';
import { computeRule, MEMBER_OR_ADMIN, READER_OR_ADMIN } from './rules.js';
import { Tag, UuidText } from './values.js';

/** Behaviour of volume attachments that changes with the version and is no matter of shapes. */
export const volumeVersions = {
  /** A change may say all that an attachment shows; before, a change could only put another volume in its place. */
  update: versionNumber('2.85'),
} as const;

const Device = Nullable(T.String({ pattern: '^/dev/x?[a-z]?d?[a-z]+[0-9]*$', maxLength: 255 }));

const shown = {
  serverId: T.String(), volumeId: T.String(), device: T.Optional(Nullable(T.String())),
  tag: field(Nullable(T.String()), { since: '2.70' }),
  delete_on_termination: field(T.Boolean(), { since: '2.79' }),
};

/** An attachment; until 2.88 it has the volume's id as its own. */
const Attachment = closed({
  ...shown, id: field(T.String(), { until: '2.88' }), attachment_id: field(T.String(), { since: '2.89' }), bdm_uuid: field(T.String(), { since: '2.89' }),
});

/** What attaching answers: it has kept the old form. */
const NewAttachment = closed({ ...shown, id: T.String() });

const Count = T.Integer({ minimum: 0 });
const Counts = T.Optional(T.Union([Count, T.Array(Count)]));
const FAILS = ['compute.server.unknown', 'compute.server.state', 'compute.server.locked', 'compute.server.not-ready'];

export const listVolumeAttachments = endpoint({
  route: 'GET /servers/{server_id}/os-volume_attachments', summary: 'The volumes of a server.',
  query: open({ limit: Counts, offset: Counts }, { 'x-closed-since': '2.75' }),
  view: T.Object({ volumeAttachments: T.Array(Attachment) }), replies: 200,
  policy: computeRule('os-volumes-attachments:index', READER_OR_ADMIN, 'List volume attachments of a server.'), fails: ['compute.server.unknown'],
  cli: { command: 'server volume list', columns: ['volumeId', 'device', 'serverId', 'tag', 'delete_on_termination'] },
});

export const showVolumeAttachment = endpoint({
  route: 'GET /servers/{server_id}/os-volume_attachments/{volume_id}', summary: 'One volume of a server.',
  view: T.Object({ volumeAttachment: Attachment }), replies: 200,
  policy: computeRule('os-volumes-attachments:show', READER_OR_ADMIN, 'Show details of a volume attachment.'),
  fails: ['compute.server.unknown', 'compute.volume.not-attached'],
});

export const attachVolume = endpoint({
  route: 'POST /servers/{server_id}/os-volume_attachments', summary: 'Attach a volume to a server; the guest gets it in the background.',
  body: closed({
    volumeAttachment: closed({
      volumeId: UuidText, device: T.Optional(Device), tag: field(T.Optional(Tag), { since: '2.49' }),
      delete_on_termination: field(T.Optional(WireBoolean), { since: '2.79' }),
    }),
  }),
  view: T.Object({ volumeAttachment: NewAttachment }), replies: 200,
  policy: computeRule('os-volumes-attachments:create', MEMBER_OR_ADMIN, 'Attach a volume to a server.'),
  fails: [...FAILS, 'block-storage.volume.unknown', 'compute.volume.unavailable', 'compute.volume.attached', 'compute.volume.too-many', 'compute.volume.device-taken'],
  cli: { command: 'server add volume', columns: ['id', 'serverId', 'volumeId', 'device', 'tag', 'delete_on_termination'] },
});

export const swapVolume = rule('os_compute_api:os-volumes-attachments:swap', {
  check: 'rule:service_or_admin', describe: 'Put another volume in the place of an attached one; the guest goes on with a copy.',
});

export const updateVolumeAttachment = endpoint({
  route: 'PUT /servers/{server_id}/os-volume_attachments/{volume_id}', summary: 'Change whether a volume goes with its server, or put another volume in its place.',
  body: closed({
    volumeAttachment: closed({
      volumeId: UuidText, device: field(T.Optional(Device), { since: '2.85' }), tag: field(T.Optional(Tag), { since: '2.85' }),
      delete_on_termination: field(T.Optional(WireBoolean), { since: '2.85' }), serverId: field(T.Optional(UuidText), { since: '2.85' }),
      id: field(T.Optional(UuidText), { since: '2.85' }),
    }),
  }),
  replies: 202,
  policy: computeRule('os-volumes-attachments:update', MEMBER_OR_ADMIN, 'Update a volume attachment.'), alsoConsults: [swapVolume],
  fails: [...FAILS, 'compute.volume.not-attached', 'compute.volume.immutable', 'compute.volume.swap-target', 'compute.volume.unavailable', 'compute.volume.device-taken'],
});

export const detachVolume = endpoint({
  route: 'DELETE /servers/{server_id}/os-volume_attachments/{volume_id}', summary: 'Detach a volume from a server; the guest lets go of it in the background.',
  replies: 202, policy: computeRule('os-volumes-attachments:delete', MEMBER_OR_ADMIN, 'Detach a volume from a server.'),
  fails: [...FAILS, 'compute.volume.not-attached', 'compute.volume.is-root', 'compute.volume.unavailable'],
  cli: { command: 'server remove volume' },
});
