import { endpoint, field, Nullable, open, T } from '@virga/contract';
import { paging } from './paging.js';
import { ADMIN, computeRule } from './rules.js';
import { Links } from './values.js';

const Migration = T.Object({
  id: T.Integer(), uuid: field(T.String(), { since: '2.59' }), instance_uuid: T.String(), status: T.String(),
  source_compute: Nullable(T.String()), source_node: Nullable(T.String()), dest_compute: Nullable(T.String()), dest_host: Nullable(T.String()),
  dest_node: Nullable(T.String()), old_instance_type_id: Nullable(T.Integer()), new_instance_type_id: Nullable(T.Integer()),
  migration_type: field(T.String(), { since: '2.23' }), links: field(T.Optional(Links), { since: '2.23' }),
  user_id: field(T.String(), { since: '2.80' }), project_id: field(T.String(), { since: '2.80' }),
  created_at: T.String(), updated_at: Nullable(T.String()),
});

const Text = T.Optional(T.String());
const Time = T.Optional(T.String({ format: 'date-time' }));

export const listMigrations = endpoint({
  route: 'GET /os-migrations', summary: 'List moves of servers between hosts.',
  query: open({
    hidden: Text, host: Text, instance_uuid: Text, source_compute: Text, status: Text, migration_type: Text,
    limit: field(paging.limit, { since: '2.59' }), marker: field(paging.marker, { since: '2.59' }), 'changes-since': field(Time, { since: '2.59' }),
    'changes-before': field(Time, { since: '2.66' }), user_id: field(Text, { since: '2.80' }), project_id: field(Text, { since: '2.80' }),
  }, { 'x-closed-since': '2.59' }),
  view: T.Object({ migrations: T.Array(Migration), migrations_links: field(T.Optional(Links), { since: '2.59' }) }), replies: 200,
  policy: computeRule('os-migrations:index', ADMIN, 'List migrations.'), fails: ['request.marker.unknown'], cli: { command: 'server migration list' },
});
