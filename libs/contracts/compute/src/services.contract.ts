import { closed, endpoint, field, Nullable, open, T, WireBoolean } from '@virga/contract';
import { ADMIN, computeRule } from './rules.js';
import { HostName } from './values.js';

const Service = T.Object({
  id: T.Union([T.Integer(), T.String()]), binary: T.String(), host: T.String(), zone: T.String(), status: T.String(), state: T.String(),
  updated_at: Nullable(T.String()), disabled_reason: Nullable(T.String()), forced_down: field(T.Boolean(), { since: '2.11' }),
});

const Reason = T.String({ minLength: 1, maxLength: 255, pattern: '^(?! ).*(?<! )$' });
const Word = T.String({ minLength: 1, maxLength: 255 });

const updateRule = computeRule('os-services:update', ADMIN, 'Update a compute service.');

export const listServices = endpoint({
  route: 'GET /os-services', summary: 'List the compute services of hosts.',
  query: open({ host: T.Optional(T.String()), binary: T.Optional(T.String()) }, { 'x-closed-since': '2.75' }),
  view: T.Object({ services: T.Array(Service) }), replies: 200,
  policy: computeRule('os-services:list', ADMIN, 'List compute services.'),
  cli: { command: 'compute service list', columns: ['id', 'binary', 'host', 'zone', 'status', 'state', 'updated_at'] },
});
/** The service is named in the body and the path says what to do. */
export const actOnService = endpoint({
  route: 'PUT /os-services/{service_id}', until: '2.52', summary: 'enable, disable, disable-log-reason or force-down a host\'s service.',
  body: closed({ host: HostName, binary: Word, disabled_reason: T.Optional(Reason), forced_down: field(T.Optional(WireBoolean), { since: '2.11' }) }),
  view: T.Object({
    service: T.Object({
      host: T.String(), binary: T.String(), status: T.Optional(T.String()), disabled_reason: T.Optional(Nullable(T.String())), forced_down: T.Optional(T.Boolean()),
    }),
  }),
  replies: 200, policy: updateRule, fails: ['compute.service.unknown', 'compute.service.action', 'compute.service.unchangeable'],
});
export const updateService = endpoint({
  route: 'PUT /os-services/{service_id}', since: '2.53', summary: 'Take a host out of service or back, or say that it is down.',
  body: closed({ status: T.Optional(T.Enum(['enabled', 'disabled'])), disabled_reason: T.Optional(Reason), forced_down: T.Optional(WireBoolean) }),
  view: T.Object({ service: Service }), replies: 200, policy: updateRule, fails: ['compute.service.unknown', 'compute.service.action'],
  cli: { command: 'compute service set' },
});
export const deleteService = endpoint({
  route: 'DELETE /os-services/{service_id}', summary: 'Forget a host that is gone for good.', replies: 204,
  policy: computeRule('os-services:delete', ADMIN, 'Delete a compute service.'), fails: ['compute.service.unknown', 'compute.service.in-use'],
  cli: { command: 'compute service delete' },
});

const hostRule = (name: string, describe: string) => computeRule(`os-hosts:${name}`, ADMIN, describe);

export const listHosts = endpoint({
  route: 'GET /os-hosts', until: '2.42', summary: 'List hosts.', query: open({ zone: T.Optional(T.String()) }),
  view: T.Object({ hosts: T.Array(T.Object({ host_name: T.String(), service: T.String(), zone: T.String() })) }), replies: 200,
  policy: hostRule('list', 'List physical hosts.'),
});
export const showHost = endpoint({
  route: 'GET /os-hosts/{host_name}', until: '2.42', summary: 'Show what a host has and who uses it.',
  view: T.Object({
    host: T.Array(T.Object({ resource: T.Object({ host: T.String(), project: T.String(), cpu: T.Integer(), memory_mb: T.Integer(), disk_gb: T.Integer() }) })),
  }),
  replies: 200, policy: hostRule('show', 'Show a physical host.'), fails: ['compute.host.unknown'],
});
export const updateHost = endpoint({
  route: 'PUT /os-hosts/{host_name}', until: '2.42', summary: 'Take a host out of service or back.',
  body: closed({
    status: T.Optional(T.Enum(['enable', 'disable', 'Enable', 'Disable', 'ENABLE', 'DISABLE'])),
    maintenance_mode: T.Optional(T.Enum(['enable', 'disable', 'Enable', 'Disable', 'ENABLE', 'DISABLE'])),
  }, { minProperties: 1 }),
  view: T.Object({ host: T.String(), status: T.Optional(T.String()) }), replies: 200,
  policy: hostRule('update', 'Update a physical host.'), fails: ['compute.host.unknown', 'compute.host.maintenance'],
});

/** Nova's own libvirt driver cannot do these either: it answers 501. */
const powerAction = (verb: 'startup' | 'shutdown' | 'reboot', rule: string) => endpoint({
  route: `GET /os-hosts/{host_name}/${verb}`, until: '2.42', summary: `Refused: hosts are not switched from here (${verb}).`,
  view: T.Object({ host: T.String(), power_action: T.String() }), replies: 200, policy: hostRule(rule, `${verb} a physical host.`),
  fails: ['compute.host.unknown', 'compute.host.power'],
});
export const startHost = powerAction('startup', 'start');
export const stopHost = powerAction('shutdown', 'shutdown');
export const rebootHost = powerAction('reboot', 'reboot');

const Zone = (hosts: ReturnType<typeof T.Unknown>) => T.Object({ zoneName: T.String(), zoneState: T.Object({ available: T.Boolean() }), hosts });

export const listZones = endpoint({
  route: 'GET /os-availability-zone', summary: 'List availability zones.', view: T.Object({ availabilityZoneInfo: T.Array(Zone(T.Unknown())) }), replies: 200,
  policy: computeRule('os-availability-zone:list', '@', 'List availability zones without hosts.'), cli: { command: 'availability zone list --compute' },
});
export const listZoneDetails = endpoint({
  route: 'GET /os-availability-zone/detail', summary: 'List availability zones with their hosts.',
  view: T.Object({ availabilityZoneInfo: T.Array(Zone(T.Unknown())) }), replies: 200,
  policy: computeRule('os-availability-zone:detail', ADMIN, 'List availability zones with hosts.'),
});
