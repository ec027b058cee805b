import { endpoint, field, open, T, versionNumber } from '@virga/contract';
import { MEMBER_OR_ADMIN, READER_OR_ADMIN, volumeRule } from './rules.js';
import { paging } from './paging.js';
import { Links } from './values.js';

export const MESSAGE_SORT_KEYS = ['id', 'event_id', 'message_level', 'resource_type', 'resource_uuid', 'request_id', 'created_at', 'guaranteed_until'] as const;

/** Behaviour that changes with the version and is no matter of shapes. */
export const messageVersions = {
  /** Lists have pages, are sorted and filtered. */
  paging: versionNumber('3.5'),
  /** Unknown filters are refused. */
  strictFilters: versionNumber('3.31'),
  /** `name~` filters by a part of the value. */
  likeFilters: versionNumber('3.34'),
} as const;

const since = '3.3' as const;

const Message = T.Object({
  id: T.String(), event_id: T.String(), user_message: T.String(), message_level: T.String(), created_at: T.String(), guaranteed_until: T.String(),
  request_id: T.String(), links: Links, resource_type: T.Optional(T.String()), resource_uuid: T.Optional(T.String()),
});
const UNKNOWN = 'block-storage.message.unknown';

export const listMessages = endpoint({
  route: 'GET /messages', since, summary: 'List what went wrong after requests had been accepted.',
  query: open({ ...paging, limit: field(paging.limit, { since: '3.5' }), marker: field(paging.marker, { since: '3.5' }) }),
  view: T.Object({ messages: T.Array(Message), messages_links: T.Optional(Links) }), replies: 200,
  policy: volumeRule('message:get_all', READER_OR_ADMIN, 'List messages.'), fails: ['request.marker.unknown', 'block-storage.filter.unknown'],
  cli: { command: 'volume message list', columns: ['id', 'event_id', 'resource_type', 'resource_uuid', 'user_message'] },
});
export const showMessage = endpoint({
  route: 'GET /messages/{message_id}', since, summary: 'Show a message.', view: T.Object({ message: Message }), replies: 200,
  policy: volumeRule('message:get', READER_OR_ADMIN, 'Show a message.'), fails: [UNKNOWN], cli: { command: 'volume message show' },
});
export const deleteMessage = endpoint({
  route: 'DELETE /messages/{message_id}', since, summary: 'Delete a message.', replies: 204,
  policy: volumeRule('message:delete', MEMBER_OR_ADMIN, 'Delete a message.'), fails: [UNKNOWN], cli: { command: 'volume message delete' },
});
