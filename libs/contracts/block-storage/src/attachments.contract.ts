import { closed, endpoint, field, Nullable, open, T, Uuid } from '@virga/contract';
import { MEMBER_OR_ADMIN, READER_OR_ADMIN, volumeRule } from './rules.js';
import { paging } from './paging.js';
import { Texts } from './values.js';

/** Who will open the volume, in the client's words; `host` is the only one that decides anything, besides `mode` and `mountpoint`. */
const Connector = open({
  host: T.Optional(Nullable(T.String({ maxLength: 255 }))),
  mode: T.Optional(Nullable(T.Enum(['rw', 'ro']))),
  mountpoint: T.Optional(Nullable(T.String({ maxLength: 255 }))),
});

/** How to reach the volume: `driver_volume_type` and what that kind of driver needs, in one object; empty until the volume is connected. */
const ConnectionInfo = open({ driver_volume_type: T.Optional(T.String()), attachment_id: T.Optional(T.String()) });

const summary = { id: T.String(), status: T.String(), instance: Nullable(T.String()), volume_id: T.String() };
/** Times are empty texts where there is none yet, as ever. */
const Attachment = closed({
  ...summary, attached_at: T.String(), detached_at: T.String(), attach_mode: T.String(), connection_info: ConnectionInfo,
  /** Ours: why it is in error, for its owner. */
  'x-virga:fault': T.Optional(Nullable(T.Object({ code: T.String(), message: T.String() }))),
});

const one = T.Object({ attachment: Attachment });
const FAILS = ['block-storage.attachment.unknown'];
const since = '3.27';

/** Asked besides, where a bootable volume that somebody has is to be had by another as well. */
export const multiattachBootableRule = volumeRule('volume:multiattach_bootable_volume', MEMBER_OR_ADMIN, 'Allow multiattach of bootable volumes.');

export const createAttachment = endpoint({
  route: 'POST /attachments', since,
  summary: 'Reserve a volume for a server, and, with a connector, connect it.',
  body: closed({
    attachment: closed({
      volume_uuid: Uuid,
      instance_uuid: T.Optional(Uuid),
      connector: T.Optional(Nullable(Connector)),
      mode: field(T.Optional(T.Enum(['rw', 'ro'])), { since: '3.54' }),
    }),
  }),
  view: one, replies: 200,
  policy: volumeRule('volume:attachment_create', MEMBER_OR_ADMIN, 'Create attachment.'), alsoConsults: [multiattachBootableRule],
  fails: ['block-storage.volume.unknown', 'block-storage.volume.state', 'block-storage.attachment.connector', 'block-storage.attachment.not-connected'],
  isShownAgain: true,
  cli: { command: 'volume attachment create' },
});

const getRule = volumeRule('volume:get', READER_OR_ADMIN, 'Show a volume.');
const listRule = volumeRule('volume:get_all', READER_OR_ADMIN, 'List volumes.');
const query = open({
  ...paging, all_tenants: T.Optional(Texts), volume_id: T.Optional(Texts), status: T.Optional(Texts), attach_status: T.Optional(Texts), instance_id: T.Optional(Texts),
});

export const listAttachments = endpoint({
  route: 'GET /attachments', since, summary: 'List attachments.', query,
  view: T.Object({ attachments: T.Array(closed(summary)) }), replies: 200, policy: listRule,
  fails: ['request.marker.unknown', 'request.sort.key', 'request.limit', 'block-storage.attachment.filter'],
  cli: { command: 'volume attachment list', columns: ['id', 'volume_id', 'instance', 'status'] },
});

export const listAttachmentDetails = endpoint({
  route: 'GET /attachments/detail', since, summary: 'List attachments with details.', query,
  view: T.Object({ attachments: T.Array(Attachment) }), replies: 200, policy: listRule,
  fails: ['request.marker.unknown', 'request.sort.key', 'request.limit', 'block-storage.attachment.filter'],
});

export const showAttachment = endpoint({
  route: 'GET /attachments/{attachment_id}', since, summary: 'Show one attachment.', view: one, replies: 200, policy: getRule, fails: FAILS,
  cli: { command: 'volume attachment show' },
});

export const updateAttachment = endpoint({
  route: 'PUT /attachments/{attachment_id}', since, summary: 'Connect a reserved attachment: say who will open the volume, and learn where it is.',
  body: closed({ attachment: closed({ connector: { ...Connector, minProperties: 1 } as typeof Connector }) }),
  view: one, replies: 200,
  policy: volumeRule('volume:attachment_update', MEMBER_OR_ADMIN, 'Update attachment.'),
  fails: [...FAILS, 'block-storage.attachment.connector', 'block-storage.attachment.state', 'block-storage.attachment.of-server', 'block-storage.attachment.not-connected'],
  cli: { command: 'volume attachment set' },
});

export const deleteAttachment = endpoint({
  route: 'DELETE /attachments/{attachment_id}', since, summary: 'Take an attachment away; answers those that the volume still has.',
  view: T.Object({ attachments: T.Array(closed(summary)) }), replies: 200,
  policy: volumeRule('volume:attachment_delete', MEMBER_OR_ADMIN, 'Delete attachment.'),
  fails: [...FAILS, 'block-storage.attachment.of-server'],
  cli: { command: 'volume attachment delete' },
});

export const completeAttachment = endpoint({
  route: 'POST /attachments/{attachment_id}/action', action: 'os-complete', since: '3.44',
  summary: 'Say that the client has the volume now.', body: closed({ 'os-complete': T.Unknown() }), replies: 204,
  policy: volumeRule('volume:attachment_complete', MEMBER_OR_ADMIN, 'Mark a volume attachment process as completed (in-use).'),
  fails: [...FAILS, 'block-storage.attachment.state', 'block-storage.attachment.of-server'],
  cli: { command: 'volume attachment complete' },
});
