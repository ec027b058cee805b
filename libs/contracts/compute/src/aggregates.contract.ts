import { closed, endpoint, field, Nullable, T } from '@virga/contract';
import { ADMIN, computeRule } from './rules.js';
import { HostName, Name } from './values.js';

const described = {
  id: T.Integer(), uuid: field(T.String(), { since: '2.41' }), name: T.String(), availability_zone: Nullable(T.String()),
  created_at: T.String(), updated_at: Nullable(T.String()), deleted: T.Boolean(), deleted_at: T.Null(),
};
const Aggregate = T.Object({ ...described, hosts: T.Array(T.String()), metadata: T.Record(T.String(), T.String()) });
const One = T.Object({ aggregate: Aggregate });

/** No colon: zones stand in `zone:host:node` when a server is created. */
const Zone = Nullable(T.String({ minLength: 1, maxLength: 255, pattern: String.raw`^(?!\p{Z})[^\p{C}\p{Zl}\p{Zp}:]*(?<!\p{Z})$` }));
const Metadata = T.Record(T.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' }), Nullable(T.String({ maxLength: 255 })), { additionalProperties: false });

const aggregateRule = (name: string, describe: string) => computeRule(`os-aggregates:${name}`, ADMIN, describe);
const UNKNOWN = 'compute.aggregate.unknown';

export const listAggregates = endpoint({
  route: 'GET /os-aggregates', summary: 'List host aggregates.', view: T.Object({ aggregates: T.Array(Aggregate) }), replies: 200,
  policy: aggregateRule('index', 'List all aggregates.'), cli: { command: 'aggregate list', columns: ['id', 'name', 'availability_zone'] },
});
export const createAggregate = endpoint({
  route: 'POST /os-aggregates', isShownAgain: true, summary: 'Make a host aggregate.',
  body: closed({ aggregate: closed({ name: Name, availability_zone: T.Optional(Zone) }) }),
  view: T.Object({ aggregate: T.Object(described) }), replies: 200, policy: aggregateRule('create', 'Create an aggregate.'), fails: ['compute.aggregate.exists'],
  cli: { command: 'aggregate create' },
});
export const showAggregate = endpoint({
  route: 'GET /os-aggregates/{aggregate_id}', summary: 'Show a host aggregate.', view: One, replies: 200,
  policy: aggregateRule('show', 'Show details for an aggregate.'), fails: [UNKNOWN], cli: { command: 'aggregate show' },
});
export const updateAggregate = endpoint({
  route: 'PUT /os-aggregates/{aggregate_id}', summary: 'Change an aggregate\'s name or availability zone.',
  body: closed({ aggregate: closed({ name: T.Optional(Name), availability_zone: T.Optional(Zone) }, { minProperties: 1 }) }),
  view: One, replies: 200, policy: aggregateRule('update', 'Update name or availability zone for an aggregate.'),
  fails: [UNKNOWN, 'compute.aggregate.exists', 'compute.aggregate.zone'], cli: { command: 'aggregate set' },
});
export const deleteAggregate = endpoint({
  route: 'DELETE /os-aggregates/{aggregate_id}', summary: 'Delete an empty aggregate.', replies: 200,
  policy: aggregateRule('delete', 'Delete an aggregate.'), fails: [UNKNOWN, 'compute.aggregate.not-empty'], cli: { command: 'aggregate delete' },
});

const action = 'POST /os-aggregates/{aggregate_id}/action';

export const addHost = endpoint({
  route: action, action: 'add_host', summary: 'Put a host into an aggregate.', body: closed({ add_host: closed({ host: HostName }) }), view: One, replies: 200,
  policy: aggregateRule('add_host', 'Add a host to an aggregate.'), fails: [UNKNOWN, 'compute.host.unknown', 'compute.aggregate.host-exists', 'compute.aggregate.zone'],
  cli: { command: 'aggregate add host' },
});
export const removeHost = endpoint({
  route: action, action: 'remove_host', summary: 'Take a host out of an aggregate.', body: closed({ remove_host: closed({ host: HostName }) }), view: One, replies: 200,
  policy: aggregateRule('remove_host', 'Remove a host from an aggregate.'), fails: [UNKNOWN, 'compute.aggregate.host-unknown', 'compute.aggregate.zone'],
  cli: { command: 'aggregate remove host' },
});
export const setAggregateMetadata = endpoint({
  route: action, action: 'set_metadata', summary: 'Set or (with null) remove metadata of an aggregate.',
  body: closed({ set_metadata: closed({ metadata: Metadata }) }), view: One, replies: 200,
  policy: aggregateRule('set_metadata', 'Create or replace metadata for an aggregate.'), fails: [UNKNOWN, 'compute.aggregate.zone'],
});
