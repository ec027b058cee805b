import { closed, endpoint, open, T } from '@virga/contract';
import { volumeRule } from './rules.js';
import { Texts } from './values.js';

/**
 * What users without special rights may filter each kind of list by; administrators may filter by anything. Cinder's defaults
 * (`resource_filters.json`), with `name~` for `name`: that allows both the whole name and, since 3.34, a part of it.
 */
export const RESOURCE_FILTERS: Readonly<Record<string, readonly string[]>> = {
  volume: ['name~', 'status', 'metadata', 'bootable', 'migration_status', 'availability_zone', 'group_id', 'size', 'created_at', 'updated_at', 'consumes_quota'],
  backup: ['name~', 'status', 'volume_id'],
  snapshot: ['name~', 'status', 'volume_id', 'metadata', 'availability_zone', 'consumes_quota'],
  group: ['name~'],
  group_snapshot: ['name~', 'status', 'group_id'],
  attachment: ['volume_id', 'status', 'instance_id', 'attach_status'],
  message: ['resource_uuid', 'resource_type', 'event_id', 'request_id', 'message_level'],
  pool: ['name', 'volume_type'],
  volume_type: ['is_public', 'extra_specs'],
};

export const listResourceFilters = endpoint({
  route: 'GET /resource_filters', since: '3.33', summary: 'What lists can be filtered by.', query: open({ resource: T.Optional(Texts) }), replies: 200,
  view: T.Object({ resource_filters: T.Array(closed({ resource: T.String(), filters: T.Array(T.String()) })) }),
  // Cinder asks no rule here; one of ours stands for "everyone with a token".
  policy: volumeRule('virga:resource_filters', '@', 'List what resources can be filtered by.'),
});
