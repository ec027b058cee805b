import { closed, endpoint, field, Nullable, open, T } from '@virga/contract';
import { ADMIN, volumeRule } from './rules.js';

const Host = T.String({ minLength: 1, maxLength: 255, pattern: String.raw`^[a-zA-Z0-9-._#@:/+\[\]]*$` });
const Word = T.String({ minLength: 1, maxLength: 255 });
const Reason = T.String({ minLength: 1, maxLength: 255, pattern: String.raw`\S` });
const Cluster = T.Optional(Nullable(T.String({ maxLength: 255 })));

const Service = T.Object({
  binary: T.String(), host: T.String(), zone: T.String(), status: T.String(), state: T.String(), updated_at: T.String(), disabled_reason: Nullable(T.String()),
  replication_status: T.Optional(T.String()), active_backend_id: T.Optional(Nullable(T.String())), frozen: T.Optional(T.Boolean()),
  cluster: field(Nullable(T.String()), { since: '3.7' }), backend_state: field(T.Optional(T.String()), { since: '3.49' }),
});
const Setting = T.Object({
  host: T.String(), service: T.String(), binary: T.String(), status: T.String(), disabled: T.Boolean(), disabled_reason: T.Optional(Nullable(T.String())),
});

const updateRule = volumeRule('volume_extension:services:update', ADMIN, 'Update a service.');
export const freezeRule = volumeRule('volume:freeze_host', ADMIN, 'Freeze a storage backend.');
export const thawRule = volumeRule('volume:thaw_host', ADMIN, 'Thaw a storage backend.');
export const failoverRule = volumeRule('volume:failover_host', ADMIN, 'Fail a storage backend over.');

const UNKNOWN = 'block-storage.service.unknown';
const fails = [UNKNOWN, 'block-storage.service.unchangeable', 'block-storage.service.unnamed'];
/** `service` is the older name of `binary`. */
const named = { host: Host, binary: T.Optional(Word), service: T.Optional(Word), cluster: Cluster };

export const listServices = endpoint({
  route: 'GET /os-services', summary: 'List services: the storage hosts\' backends, their backups, and the scheduler.',
  query: open({ host: T.Optional(T.String()), binary: T.Optional(T.String()) }), view: T.Object({ services: T.Array(Service) }), replies: 200,
  policy: volumeRule('volume_extension:services:index', ADMIN, 'List services.'),
  cli: { command: 'volume service list', columns: ['binary', 'host', 'zone', 'status', 'state', 'updated_at'] },
});
export const enableService = endpoint({
  route: 'PUT /os-services/enable', summary: 'Let new volumes be placed on a backend.', body: closed(named), view: Setting, replies: 200, policy: updateRule, fails,
  cli: { command: 'volume service set --enable' },
});
export const disableService = endpoint({
  route: 'PUT /os-services/disable', summary: 'Let no new volumes be placed on a backend.', body: closed(named), view: Setting, replies: 200, policy: updateRule, fails,
});
export const disableServiceBecause = endpoint({
  route: 'PUT /os-services/disable-log-reason', summary: 'Let no new volumes be placed on a backend, and say why.',
  body: closed({ ...named, disabled_reason: Reason }), view: Setting, replies: 200, policy: updateRule, fails,
});
const hostOnly = closed({ host: Host, cluster: Cluster });
export const freezeHost = endpoint({
  route: 'PUT /os-services/freeze', summary: 'Let nothing be made, changed or removed on a backend.', body: hostOnly, replies: 200, policy: updateRule, alsoConsults: [freezeRule],
  fails: ['block-storage.backend.unknown'],
});
export const thawHost = endpoint({
  route: 'PUT /os-services/thaw', summary: 'Undo freezing.', body: hostOnly, replies: 200, policy: updateRule, alsoConsults: [thawRule],
  fails: ['block-storage.backend.unknown'],
});
const failoverBody = closed({ host: Host, cluster: Cluster, backend_id: T.Optional(Nullable(T.String({ maxLength: 255 }))) });
const failoverFails = ['block-storage.backend.unknown', 'block-storage.backend.unreplicated'];
export const failoverHost = endpoint({
  route: 'PUT /os-services/failover_host', summary: 'Have a backend\'s replica take over.', body: failoverBody, replies: 202, policy: updateRule,
  alsoConsults: [failoverRule], fails: failoverFails,
});
export const failover = endpoint({
  route: 'PUT /os-services/failover', since: '3.26', summary: 'Have the replica of a backend or cluster take over.', body: failoverBody, replies: 202, policy: updateRule,
  alsoConsults: [failoverRule], fails: failoverFails,
});

const Binary = T.Optional(T.Enum(['cinder-volume', 'cinder-api', 'cinder-scheduler', 'cinder-backup', '', '*']));
const Nameable = T.Optional(Nullable(T.String({ maxLength: 255 })));
export const setLogLevels = endpoint({
  route: 'PUT /os-services/set-log', since: '3.32', summary: 'Change the log level of running services.',
  body: closed({ binary: Binary, server: Nameable, prefix: Nameable, level: T.Optional(Nullable(T.String({ maxLength: 20 }))) }), replies: 202, policy: updateRule,
  fails: ['block-storage.log-level.invalid', 'block-storage.log-level.fixed'],
});
export const getLogLevels = endpoint({
  route: 'PUT /os-services/get-log', since: '3.32', summary: 'Show the log levels of running services.', body: closed({ binary: Binary, server: Nameable, prefix: Nameable }),
  view: T.Object({ log_levels: T.Array(T.Object({ host: T.String(), binary: T.String(), levels: T.Record(T.String(), T.String()) })) }), replies: 200, policy: updateRule,
});

const hostsRule = volumeRule('volume_extension:hosts', ADMIN, 'List, show or change storage hosts.');
export const listHosts = endpoint({
  route: 'GET /os-hosts', summary: 'List hosts (of old; `os-services` says more).', query: open({ zone: T.Optional(T.String()) }),
  view: T.Object({
    hosts: T.Array(T.Object({
      host_name: T.String(), service: T.String(), zone: T.String(), 'service-status': T.String(), 'service-state': T.String(), 'last-update': Nullable(T.String()),
    })),
  }),
  replies: 200, policy: hostsRule,
});
export const showHost = endpoint({
  route: 'GET /os-hosts/{host_name}', summary: 'Show what the projects have on a backend.',
  view: T.Object({
    host: T.Array(T.Object({
      resource: T.Object({
        host: T.String(), project: T.String(), volume_count: T.String(), total_volume_gb: T.String(), snapshot_count: T.String(), total_snapshot_gb: T.String(),
      }),
    })),
  }),
  replies: 200, policy: hostsRule, fails: ['block-storage.host.unknown'],
});
export const updateHost = endpoint({
  route: 'PUT /os-hosts/{host_name}', summary: 'Let new volumes be placed on a backend or not.',
  body: closed({ status: T.String({ pattern: '^\\s*([eE][nN]|[dD][iI][sS])[aA][bB][lL][eE]\\s*$' }) }),
  view: T.Object({ host: T.String(), status: T.String() }), replies: 200, policy: hostsRule, fails: ['block-storage.host.unknown'],
});
