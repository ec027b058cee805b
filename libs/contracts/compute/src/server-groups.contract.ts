import { closed, endpoint, field, open, T } from '@virga/contract';
import { ADMIN, computeRule, MEMBER_OR_ADMIN, READER_OR_ADMIN } from './rules.js';
import { Name } from './values.js';

const OLD_POLICIES = ['affinity', 'anti-affinity'] as const;
const POLICIES = [...OLD_POLICIES, 'soft-anti-affinity', 'soft-affinity'] as const;

const Group = closed({
  id: T.String(), name: T.String(), members: T.Array(T.String()),
  metadata: field(T.Record(T.String(), T.String()), { until: '2.63' }),
  policies: field(T.Array(T.String()), { until: '2.63' }),
  policy: field(T.String(), { since: '2.64' }),
  rules: field(T.Record(T.String(), T.Integer()), { since: '2.64' }),
  project_id: field(T.String(), { since: '2.13' }),
  user_id: field(T.String(), { since: '2.13' }),
});

export const listAllServerGroups = computeRule('os-server-groups:index:all_projects', ADMIN, 'List the server groups of all projects.');

export const listServerGroups = endpoint({
  route: 'GET /os-server-groups', summary: 'List server groups.',
  query: open({ all_projects: T.Optional(T.String()), limit: T.Optional(T.Integer({ minimum: 0 })), offset: T.Optional(T.Integer({ minimum: 0 })) }),
  view: T.Object({ server_groups: T.Array(Group) }), replies: 200,
  policy: computeRule('os-server-groups:index', READER_OR_ADMIN, 'List all server groups.'), alsoConsults: [listAllServerGroups],
  cli: { command: 'server group list', columns: ['id', 'name', 'policy'] },
});

export const createServerGroup = endpoint({
  route: 'POST /os-server-groups', isShownAgain: true, summary: 'Make a group whose servers share a host, or avoid it.',
  body: closed({
    server_group: closed({
      name: Name,
      policies: field(T.Optional(T.Array(T.Union([T.Enum([...OLD_POLICIES]), field(T.Enum(['soft-anti-affinity', 'soft-affinity']), { since: '2.15' })]), { minItems: 1, maxItems: 1 })), { until: '2.63' }),
      policy: field(T.Optional(T.Enum([...POLICIES])), { since: '2.64', requiredSince: '2.64' }),
      rules: field(T.Optional(closed({ max_server_per_host: T.Optional(T.Union([T.Integer({ minimum: 1, maximum: 1_000_000 }), T.String({ pattern: '^0*[1-9][0-9]{0,5}$' })])) })), { since: '2.64' }),
    }),
  }),
  view: T.Object({ server_group: Group }), replies: 200,
  policy: computeRule('os-server-groups:create', MEMBER_OR_ADMIN, 'Create a new server group.'),
  charges: { server_groups: 1 }, fails: ['compute.server-group.policy', 'compute.quota.exceeded'],
  cli: { command: 'server group create' },
});

export const showServerGroup = endpoint({
  route: 'GET /os-server-groups/{group_id}', summary: 'Show a server group.', view: T.Object({ server_group: Group }), replies: 200,
  policy: computeRule('os-server-groups:show', READER_OR_ADMIN, 'Show details of a server group.'), fails: ['compute.server-group.unknown'],
  cli: { command: 'server group show' },
});

export const deleteServerGroup = endpoint({
  route: 'DELETE /os-server-groups/{group_id}', summary: 'Delete a server group; its servers stay.', replies: 204,
  policy: computeRule('os-server-groups:delete', MEMBER_OR_ADMIN, 'Delete a server group.'), fails: ['compute.server-group.unknown'],
  cli: { command: 'server group delete' },
});
