import { closed, endpoint, T } from '@virga/contract';
import { computeRule, MEMBER_OR_ADMIN, READER_OR_ADMIN } from './rules.js';
import { Metadata } from './values.js';

const FAILS = ['compute.server.unknown', 'compute.server.state', 'compute.server.locked', 'compute.quota.exceeded'];
const All = T.Object({ metadata: T.Record(T.String(), T.String()) });
const One = T.Object({ meta: T.Record(T.String(), T.String()) });

export const listServerMetadata = endpoint({
  route: 'GET /servers/{server_id}/metadata', summary: 'All metadata of a server.', view: All, replies: 200,
  policy: computeRule('server-metadata:index', READER_OR_ADMIN, 'List all metadata of a server.'), fails: FAILS.slice(0, 1),
});

export const addServerMetadata = endpoint({
  route: 'POST /servers/{server_id}/metadata', summary: 'Add or replace some metadata of a server.', body: closed({ metadata: Metadata }), view: All, replies: 200,
  policy: computeRule('server-metadata:create', MEMBER_OR_ADMIN, 'Create metadata for a server.'), charges: { metadata_items: 1 }, fails: FAILS,
});

export const replaceServerMetadata = endpoint({
  route: 'PUT /servers/{server_id}/metadata', summary: 'Replace all metadata of a server.', body: closed({ metadata: Metadata }), view: All, replies: 200,
  policy: computeRule('server-metadata:update_all', MEMBER_OR_ADMIN, 'Replace metadata for a server.'), charges: { metadata_items: 1 }, fails: FAILS,
});

export const showServerMetadataEntry = endpoint({
  route: 'GET /servers/{server_id}/metadata/{key}', summary: 'One entry of a server\'s metadata.', view: One, replies: 200,
  policy: computeRule('server-metadata:show', READER_OR_ADMIN, 'Show metadata for a server.'), fails: ['compute.server.unknown', 'compute.server.metadata-unknown'],
});

export const setServerMetadataEntry = endpoint({
  route: 'PUT /servers/{server_id}/metadata/{key}', summary: 'Set one entry of a server\'s metadata.',
  body: closed({ meta: Metadata }), view: One, replies: 200,
  policy: computeRule('server-metadata:update', MEMBER_OR_ADMIN, 'Update metadata from a server.'), charges: { metadata_items: 1 },
  fails: [...FAILS, 'compute.server.metadata-key'],
});

export const deleteServerMetadataEntry = endpoint({
  route: 'DELETE /servers/{server_id}/metadata/{key}', summary: 'Remove one entry of a server\'s metadata.', replies: 204,
  policy: computeRule('server-metadata:delete', MEMBER_OR_ADMIN, 'Delete metadata from a server.'), fails: [...FAILS, 'compute.server.metadata-unknown'],
});
