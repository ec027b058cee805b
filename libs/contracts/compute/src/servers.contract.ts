import { closed, endpoint, field, open, T, Timestamp, versionNumber } from '@virga/contract';
import { ADMIN, computeRule, MEMBER_OR_ADMIN, READER_OR_ADMIN } from './rules.js';
import { DetailedServer, Server, ServerReference, UpdatedServer } from './server.js';
import { AccessIpV4, AccessIpV6, Description, DiskConfig, Hostname, Links, Name, Texts } from './values.js';

/** Behaviour of the servers API that changes with the version and is no matter of shapes. */
export const serverVersions = {
  /** An unknown status in a filter is refused instead of matching nothing. */
  strictStatus: versionNumber('2.38'),
  /** Everyone may filter by what only administrators could. */
  openFilters: versionNumber('2.83'),
  ip6Filter: versionNumber('2.5'),
  lockedFilter: versionNumber('2.73'),
  tagFilters: versionNumber('2.26'),
  changesBefore: versionNumber('2.66'),
  hostnameFilter: versionNumber('2.90'),
  /** Everyone sees the hostname; before, only administrators did. */
  openHostname: versionNumber('2.90'),
  /** A server's description is its own: before, it was the name. */
  ownDescription: versionNumber('2.19'),
  /** The history of deleted servers can be read. */
  deletedHistory: versionNumber('2.21'),
  /** Everyone sees the events of an action; before, only administrators did. */
  openEvents: versionNumber('2.51'),
  /** Networks must be said; before, none said meant all that there are. */
  explicitNetworks: versionNumber('2.37'),
  /** An image of a server is named in the reply's body; before, in its header. */
  imageInBody: versionNumber('2.45'),
  /** Volumes that several servers have at the same time can be attached. */
  multiattach: versionNumber('2.60'),
  /** Rebuilding a server that boots from a volume writes the image over the volume. */
  reimage: versionNumber('2.93'),
} as const;

const SORT_KEYS = [
  'access_ip_v4', 'access_ip_v6', 'auto_disk_config', 'availability_zone', 'config_drive', 'created_at', 'display_description', 'display_name', 'host',
  'hostname', 'image_ref', 'instance_type_id', 'kernel_id', 'key_name', 'launch_index', 'launched_at', 'locked_by', 'node', 'power_state', 'progress',
  'project_id', 'ramdisk_id', 'root_device_name', 'task_state', 'terminated_at', 'updated_at', 'user_id', 'uuid', 'vm_state',
] as const;

/** Accepted once and without effect until they were refused with 2.75. */
const IGNORED_SORT_KEYS = [
  'architecture', 'cell_name', 'cleaned', 'default_ephemeral_device', 'default_swap_device', 'deleted', 'deleted_at', 'disable_terminate', 'ephemeral_gb',
  'ephemeral_key_uuid', 'id', 'key_data', 'launched_on', 'memory_mb', 'os_type', 'reservation_id', 'root_gb', 'shutdown_terminate', 'user_data', 'vcpus', 'vm_mode',
] as const;

const SortKey = T.Union([
  T.Enum([...SORT_KEYS]),
  field(T.Enum([...IGNORED_SORT_KEYS]), { until: '2.74' }),
  // Ignored until 2.72, a sort key from 2.73 on.
  T.Literal('locked'),
]);

const Moment = T.Union([Timestamp, T.Array(Timestamp)]);

const FILTERS = [
  'user_id', 'project_id', 'tenant_id', 'launch_index', 'image_ref', 'image', 'kernel_id', 'ramdisk_id', 'hostname', 'key_name', 'power_state', 'vm_state',
  'task_state', 'host', 'node', 'flavor', 'reservation_id', 'launched_at', 'terminated_at', 'availability_zone', 'name', 'display_name', 'description',
  'display_description', 'locked_by', 'uuid', 'root_device_name', 'config_drive', 'access_ip_v4', 'access_ip_v6', 'auto_disk_config', 'progress',
  'all_tenants', 'soft_deleted', 'deleted', 'status', 'ip', 'ip6', 'created_at',
  // Names of Nova's tables: a filter by them is refused.
  'block_device_mapping', 'services', 'metadata', 'system_metadata', 'info_cache', 'security_groups', 'pci_devices',
] as const;

type Filters = Record<(typeof FILTERS)[number], ReturnType<typeof T.Optional<typeof Texts>>>;
const filters = Object.fromEntries(FILTERS.map((name) => [name, T.Optional(Texts)])) as unknown as Filters;
const late = (since: '2.26' | '2.73') => field(T.Optional(Texts), { since });

/** Unknown parameters are ignored until 2.74 and refused from 2.75 on. */
const listQuery = open({
  ...filters,
  'changes-since': T.Optional(Moment),
  tags: late('2.26'), 'tags-any': late('2.26'), 'not-tags': late('2.26'), 'not-tags-any': late('2.26'),
  'changes-before': field(T.Optional(Moment), { since: '2.66' }),
  locked: late('2.73'),
  limit: T.Optional(T.Union([T.Integer({ minimum: 0 }), T.Array(T.Integer({ minimum: 0 }))])),
  marker: T.Optional(Texts),
  sort_key: T.Optional(T.Union([SortKey, T.Array(SortKey)])),
  sort_dir: T.Optional(Texts),
}, { 'x-closed-since': '2.75' });

export const listAllProjects = computeRule('servers:index:get_all_tenants', ADMIN, 'List the servers of all projects.');
export const listAllProjectsDetails = computeRule('servers:detail:get_all_tenants', ADMIN, 'List the servers of all projects with details.');
export const listAllFilters = computeRule('servers:allow_all_filters', ADMIN, 'Filter lists of servers by anything.');
export const showFlavorExtraSpecs = computeRule('servers:show:flavor-extra-specs', READER_OR_ADMIN, 'See the extra specs of a server\'s flavor.');
export const showHostStatus = computeRule('servers:show:host_status', ADMIN, 'See the status of the host that a server is on.');
export const showHostStatusUnknown = computeRule('servers:show:host_status:unknown-only', ADMIN, 'See that the status of a server\'s host is unknown.');
export const showExtendedAttributes = computeRule('os-extended-server-attributes', ADMIN, 'See a server\'s host, internal name and further attributes.');

const visibility = [showExtendedAttributes, showFlavorExtraSpecs, showHostStatus, showHostStatusUnknown];
const listFails = ['request.marker.unknown', 'compute.server.filter', 'compute.server.status-filter', 'compute.server.deleted-filter'];

export const listServers = endpoint({
  route: 'GET /servers',
  summary: 'List servers: ids, names and links.',
  query: listQuery,
  view: T.Object({ servers: T.Array(ServerReference), servers_links: T.Optional(Links) }),
  replies: 200,
  policy: computeRule('servers:index', READER_OR_ADMIN, 'List servers.'),
  alsoConsults: [listAllProjects, listAllFilters],
  fails: listFails,
});

export const listServerDetails = endpoint({
  route: 'GET /servers/detail',
  summary: 'List servers with details.',
  query: listQuery,
  view: T.Object({ servers: T.Array(DetailedServer), servers_links: T.Optional(Links) }),
  replies: 200,
  policy: computeRule('servers:detail', READER_OR_ADMIN, 'List servers with details.'),
  alsoConsults: [listAllProjectsDetails, listAllFilters, ...visibility],
  fails: listFails,
  cli: { command: 'server list', columns: ['id', 'name', 'status', 'networks', 'image', 'flavor'] },
});

export const showServer = endpoint({
  route: 'GET /servers/{server_id}',
  summary: 'Show one server.',
  query: open({}),
  view: T.Object({ server: Server }),
  replies: 200,
  policy: computeRule('servers:show', READER_OR_ADMIN, 'Show a server.'),
  alsoConsults: visibility,
  fails: ['compute.server.unknown'],
  cli: { command: 'server show' },
});

export const updateServer = endpoint({
  route: 'PUT /servers/{server_id}',
  summary: 'Change a server\'s name, description, addresses for access, disk configuration or hostname.',
  body: closed({
    server: closed({
      name: T.Optional(Name),
      'OS-DCF:diskConfig': T.Optional(DiskConfig),
      accessIPv4: T.Optional(AccessIpV4),
      accessIPv6: T.Optional(AccessIpV6),
      description: field(T.Optional(Description), { since: '2.19' }),
      hostname: field(T.Optional(Hostname), { since: '2.90' }),
    }),
  }),
  view: T.Object({ server: UpdatedServer }),
  replies: 200,
  policy: computeRule('servers:update', MEMBER_OR_ADMIN, 'Update a server.'),
  alsoConsults: visibility,
  fails: ['compute.server.unknown'],
  cli: { command: 'server set' },
});

export const deleteServer = endpoint({
  route: 'DELETE /servers/{server_id}',
  summary: 'Delete a server; it goes in the background.',
  replies: 204,
  policy: computeRule('servers:delete', MEMBER_OR_ADMIN, 'Delete a server.'),
  fails: ['compute.server.unknown', 'compute.server.locked'],
  cli: { command: 'server delete' },
});

export const showPlacementExplanation = endpoint({
  route: 'GET /x/servers/{server_id}/placement-explanation',
  summary: 'Why a server is where it is, or why no host could take it: reasons by class, and by host for administrators.',
  view: T.Object({
    explanation: T.Object({
      server_id: T.String(), decided_at: Timestamp, outcome: T.Enum(['placed', 'no-valid-host']),
      reasons: T.Array(T.Object({ reason: T.String(), hosts: T.Integer(), description: T.String() })),
      host: T.Optional(T.Union([T.String(), T.Null()])),
      hosts: T.Optional(T.Array(T.Object({
        name: T.String(), outcome: T.Enum(['chosen', 'suitable', 'rejected']), reason: T.Optional(T.String()),
        needed: T.Optional(T.Unknown()), available: T.Optional(T.Unknown()), weight: T.Optional(T.Number()),
      }))),
    }),
  }),
  replies: 200,
  policy: computeRule('x:servers:placement-explanation', READER_OR_ADMIN, 'Read why a server was placed as it was.'),
  alsoConsults: [showExtendedAttributes],
  fails: ['compute.server.unknown', 'compute.server.not-scheduled'],
  cli: { command: 'server explain' },
});
