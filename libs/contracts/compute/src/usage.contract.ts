import { endpoint, field, Nullable, open, T } from '@virga/contract';
import { paging } from './paging.js';
import { ADMIN, computeRule, READER_OR_ADMIN } from './rules.js';
import { Links } from './values.js';

const ServerUsage = T.Object({
  instance_id: T.String(), name: T.String(), tenant_id: T.String(), flavor: T.String(), vcpus: T.Integer(), memory_mb: T.Integer(), local_gb: T.Integer(),
  hours: T.Number(), started_at: T.String(), ended_at: Nullable(T.String()), state: T.String(), uptime: T.Integer(),
});
const ProjectUsage = T.Object({
  tenant_id: T.String(), start: T.String(), stop: T.String(),
  total_hours: T.Number(), total_vcpus_usage: T.Number(), total_memory_mb_usage: T.Number(), total_local_gb_usage: T.Number(),
  server_usages: T.Optional(T.Array(ServerUsage)),
});

const period = {
  start: T.Optional(T.String()), end: T.Optional(T.String()),
  limit: field(paging.limit, { since: '2.40' }), marker: field(paging.marker, { since: '2.40' }),
};
const fails = ['compute.usage.period', 'request.marker.unknown'];

export const listUsage = endpoint({
  route: 'GET /os-simple-tenant-usage', summary: 'List what projects used in a period.',
  query: open({ ...period, detailed: T.Optional(T.String()) }, { 'x-closed-since': '2.75' }),
  view: T.Object({ tenant_usages: T.Array(ProjectUsage), tenant_usages_links: field(T.Optional(Links), { since: '2.40' }) }), replies: 200,
  policy: computeRule('os-simple-tenant-usage:list', ADMIN, 'List usage statistics of all projects.'), fails, cli: { command: 'usage list' },
});
export const showUsage = endpoint({
  route: 'GET /os-simple-tenant-usage/{project_id}', summary: 'Show what a project used in a period.', query: open(period, { 'x-closed-since': '2.75' }),
  view: T.Object({ tenant_usage: T.Partial(ProjectUsage), tenant_usage_links: field(T.Optional(Links), { since: '2.40' }) }), replies: 200,
  policy: computeRule('os-simple-tenant-usage:show', READER_OR_ADMIN, 'Show usage statistics of a project.'), fails, cli: { command: 'usage show' },
});
