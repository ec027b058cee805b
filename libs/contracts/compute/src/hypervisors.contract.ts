import { endpoint, field, open, Nullable, T, versionNumber, WireBoolean, type VersionText } from '@virga/contract';
import { paging } from './paging.js';
import { ADMIN, computeRule } from './rules.js';
import { Links } from './values.js';

/** Behaviour of hypervisors and services that changes with the version and is no matter of shapes. */
export const hypervisorVersions = {
  /** `cpu_info` is an object; before, a text that holds one. */
  structuredCpu: versionNumber('2.28'),
  paging: versionNumber('2.33'),
  /** Hypervisors and services are named by UUIDs; before, by numbers. */
  uuids: versionNumber('2.53'),
  /** `servers` is there also where there are none, if it was asked for. */
  alwaysServers: versionNumber('2.75'),
} as const;

const Id = T.Union([T.Integer(), T.String()]);
const Servers = T.Optional(T.Array(T.Object({ name: T.String(), uuid: T.String() })));
const reference = { id: Id, hypervisor_hostname: T.String(), state: T.String(), status: T.String(), servers: Servers };
const Reference = T.Object(reference);

const until = <Schema extends ReturnType<typeof T.Integer>>(schema: Schema) => field(schema, { until: '2.87' });
const Count = until(T.Integer());
const amounts = {
  vcpus: Count, vcpus_used: Count, memory_mb: Count, memory_mb_used: Count, free_ram_mb: Count, local_gb: Count, local_gb_used: Count, free_disk_gb: Count,
  disk_available_least: field(Nullable(T.Integer()), { until: '2.87' }), current_workload: Count, running_vms: Count,
};
const Hypervisor = T.Object({
  ...reference, ...amounts,
  hypervisor_type: T.String(), hypervisor_version: T.Integer(), host_ip: Nullable(T.String()),
  service: T.Object({ id: Id, host: T.String(), disabled_reason: Nullable(T.String()) }),
  cpu_info: field(T.Unknown(), { until: '2.87' }),
  uptime: field(Nullable(T.String()), { since: '2.88' }),
});

const since = '2.53' satisfies VersionText;
const listQuery = open({
  limit: field(paging.limit, { since: '2.33' }), marker: field(paging.marker, { since: '2.33' }),
  hypervisor_hostname_pattern: field(T.Optional(T.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9-._]*$' })), { since }),
  with_servers: field(T.Optional(WireBoolean), { since }),
}, { 'x-closed-since': since });
const showQuery = open({ with_servers: field(T.Optional(WireBoolean), { since }) }, { 'x-closed-since': since });

const hypervisorRule = (name: string, describe: string) => computeRule(`os-hypervisors:${name}`, ADMIN, describe);
const UNKNOWN = 'compute.hypervisor.unknown';

export const listHypervisors = endpoint({
  route: 'GET /os-hypervisors', summary: 'List hypervisors.', query: listQuery,
  view: T.Object({ hypervisors: T.Array(Reference), hypervisors_links: field(T.Optional(Links), { since: '2.33' }) }), replies: 200,
  policy: hypervisorRule('list', 'List all hypervisors.'), fails: ['request.marker.unknown', UNKNOWN],
  cli: { command: 'hypervisor list', columns: ['id', 'hypervisor_hostname', 'state'] },
});
export const listHypervisorDetails = endpoint({
  route: 'GET /os-hypervisors/detail', summary: 'List hypervisors with details.', query: listQuery,
  view: T.Object({ hypervisors: T.Array(Hypervisor), hypervisors_links: field(T.Optional(Links), { since: '2.33' }) }), replies: 200,
  policy: hypervisorRule('list-detail', 'List all hypervisors with details.'), fails: ['request.marker.unknown', UNKNOWN],
});
export const showHypervisorStatistics = endpoint({
  route: 'GET /os-hypervisors/statistics', summary: 'Add up all hypervisors that are in service.', until: '2.87',
  view: T.Object({ hypervisor_statistics: T.Object({ count: T.Integer(), ...amounts }) }), replies: 200,
  policy: hypervisorRule('statistics', 'Show summary statistics for all hypervisors.'), cli: { command: 'hypervisor stats show' },
});
export const showHypervisor = endpoint({
  route: 'GET /os-hypervisors/{hypervisor_id}', summary: 'Show a hypervisor.', query: showQuery, view: T.Object({ hypervisor: Hypervisor }), replies: 200,
  policy: hypervisorRule('show', 'Show details for a hypervisor.'), fails: [UNKNOWN], cli: { command: 'hypervisor show' },
});
export const showHypervisorUptime = endpoint({
  route: 'GET /os-hypervisors/{hypervisor_id}/uptime', summary: 'Show how long a hypervisor has been running, where that is known.', until: '2.87',
  view: T.Object({ hypervisor: T.Object({ ...reference, uptime: Nullable(T.String()) }) }), replies: 200,
  policy: hypervisorRule('uptime', 'Show the uptime of a hypervisor.'), fails: [UNKNOWN],
});
export const searchHypervisors = endpoint({
  route: 'GET /os-hypervisors/{hypervisor_id}/search', summary: 'List hypervisors whose name contains a text.', until: '2.52',
  view: T.Object({ hypervisors: T.Array(Reference) }), replies: 200, policy: hypervisorRule('search', 'Search hypervisors by a pattern.'), fails: [UNKNOWN],
});
export const listHypervisorServers = endpoint({
  route: 'GET /os-hypervisors/{hypervisor_id}/servers', summary: 'List the servers of hypervisors whose name contains a text.', until: '2.52',
  view: T.Object({ hypervisors: T.Array(Reference) }), replies: 200, policy: hypervisorRule('servers', 'List all servers on matching hypervisors.'), fails: [UNKNOWN],
});
