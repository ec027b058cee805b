import { closed, endpoint, T } from '@virga/contract';
import { computeRule, MEMBER_OR_ADMIN, READER_OR_ADMIN } from './rules.js';
import { Tags } from './values.js';

const since = '2.26';
const All = T.Object({ tags: Tags });
const FAILS = ['compute.server.unknown', 'compute.server.locked'];

export const listServerTags = endpoint({
  since, route: 'GET /servers/{server_id}/tags', summary: 'All tags of a server.', view: All, replies: 200,
  policy: computeRule('os-server-tags:index', READER_OR_ADMIN, 'List all tags for given server.'), fails: FAILS,
});

export const replaceServerTags = endpoint({
  since, route: 'PUT /servers/{server_id}/tags', summary: 'Replace all tags of a server.', body: closed({ tags: Tags }), view: All, replies: 200,
  policy: computeRule('os-server-tags:update_all', MEMBER_OR_ADMIN, 'Replace all tags on specified server with the new set of tags.'), fails: FAILS,
});

export const deleteServerTags = endpoint({
  since, route: 'DELETE /servers/{server_id}/tags', summary: 'Remove all tags of a server.', replies: 204,
  policy: computeRule('os-server-tags:delete_all', MEMBER_OR_ADMIN, 'Delete all the server tags.'), fails: FAILS,
});

export const checkServerTag = endpoint({
  since, route: 'GET /servers/{server_id}/tags/{tag}', summary: 'Whether a server has a tag.', replies: 204,
  policy: computeRule('os-server-tags:show', READER_OR_ADMIN, 'Check tag existence on the server.'), fails: [...FAILS, 'compute.server.tag-unknown'],
});

export const addServerTag = endpoint({
  since, route: 'PUT /servers/{server_id}/tags/{tag}', summary: 'Add a tag to a server.',
  replies: { 201: {}, 204: {} },
  policy: computeRule('os-server-tags:update', MEMBER_OR_ADMIN, 'Replace the tag on the server.'), fails: [...FAILS, 'compute.server.tag', 'compute.server.tags-full'],
});

export const deleteServerTag = endpoint({
  since, route: 'DELETE /servers/{server_id}/tags/{tag}', summary: 'Remove a tag of a server.', replies: 204,
  policy: computeRule('os-server-tags:delete', MEMBER_OR_ADMIN, 'Delete a single tag from the specified server.'), fails: [...FAILS, 'compute.server.tag-unknown'],
});
