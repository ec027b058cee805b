import { endpoint, Nullable, open, rule, T } from '@virga/contract';
import { Description, Id, listOf, paging, shown } from './elements.js';
import { ADMIN_OR_SYSTEM_READER, adminRule, anyScopeRule, EVERY_SCOPE } from './rules.js';

const Amount = T.Integer({ minimum: -1, maximum: 2_147_483_647 });
const ResourceName = T.String({ minLength: 1, maxLength: 255 });
const RegionId = T.Optional(Nullable(T.String({ maxLength: 255 })));
const forAnyone = (name: string, describe: string) => rule(`identity:${name}`, { check: '', describe, scopes: EVERY_SCOPE });
const filters = { ...paging, service_id: T.Optional(T.String()), region_id: T.Optional(T.String()), resource_name: T.Optional(T.String()) };

export const RegisteredLimit = open({
  ...shown, service_id: T.String(), region_id: Nullable(T.String()), resource_name: T.String(), default_limit: T.Integer(), description: Nullable(T.String()),
});
const RegisteredLimitView = T.Object({ registered_limit: RegisteredLimit });

export const createRegisteredLimits = endpoint({
  route: 'POST /registered_limits', summary: 'Register limits that hold for every project without a limit of its own',
  body: open({
    registered_limits: T.Array(open({ service_id: Id, region_id: RegionId, resource_name: ResourceName, default_limit: Amount, description: T.Optional(Description) }), { minItems: 1, maxItems: 1000 }),
  }),
  view: listOf('registered_limits', RegisteredLimit), replies: 201,
  policy: adminRule('create_registered_limits', 'Register limits.'), fails: ['identity.registered-limit.exists', 'identity.limit.target'], cli: { command: 'registered limit create' },
});
export const listRegisteredLimits = endpoint({
  route: 'GET /registered_limits', summary: 'List registered limits', query: open(filters), view: listOf('registered_limits', RegisteredLimit), replies: 200,
  policy: forAnyone('list_registered_limits', 'List registered limits.'), cli: { command: 'registered limit list' },
});
export const showRegisteredLimit = endpoint({
  route: 'GET /registered_limits/{registered_limit_id}', summary: 'Show a registered limit', view: RegisteredLimitView, replies: 200,
  policy: forAnyone('get_registered_limit', 'Show a registered limit.'), fails: ['identity.registered-limit.not-found'], cli: { command: 'registered limit show' },
});
export const updateRegisteredLimit = endpoint({
  route: 'PATCH /registered_limits/{registered_limit_id}', summary: 'Change a registered limit',
  body: open({
    registered_limit: open({ service_id: T.Optional(Id), region_id: RegionId, resource_name: T.Optional(ResourceName), default_limit: T.Optional(Amount), description: T.Optional(Description) }),
  }),
  view: RegisteredLimitView, replies: 200,
  policy: adminRule('update_registered_limit', 'Change a registered limit.'), fails: ['identity.registered-limit.not-found', 'identity.registered-limit.in-use'], cli: { command: 'registered limit set' },
});
export const deleteRegisteredLimit = endpoint({
  route: 'DELETE /registered_limits/{registered_limit_id}', summary: 'Delete a registered limit that no project overrides', replies: 204,
  policy: adminRule('delete_registered_limit', 'Delete a registered limit.'), fails: ['identity.registered-limit.not-found', 'identity.registered-limit.in-use'], cli: { command: 'registered limit delete' },
});

export const Limit = open({
  ...shown, service_id: T.String(), region_id: Nullable(T.String()), resource_name: T.String(), resource_limit: T.Integer(), description: Nullable(T.String()),
  project_id: Nullable(T.String()), domain_id: Nullable(T.String()),
});
const LimitView = T.Object({ limit: Limit });

export const createLimits = endpoint({
  route: 'POST /limits', summary: 'Give projects or domains limits of their own',
  body: open({
    limits: T.Array(open({
      service_id: Id, region_id: RegionId, resource_name: ResourceName, resource_limit: Amount, project_id: T.Optional(Nullable(Id)), domain_id: T.Optional(Nullable(Id)),
      description: T.Optional(Description),
    }), { minItems: 1, maxItems: 1000 }),
  }),
  view: listOf('limits', Limit), replies: 201,
  policy: adminRule('create_limits', 'Create limits.'), fails: ['identity.limit.exists', 'identity.limit.unregistered', 'identity.limit.target'], cli: { command: 'limit create' },
});
export const listLimits = endpoint({
  route: 'GET /limits', summary: 'List limits: all for the system, else those of the project or domain of the token',
  query: open({ ...filters, project_id: T.Optional(T.String()), domain_id: T.Optional(T.String()) }), view: listOf('limits', Limit), replies: 200,
  policy: forAnyone('list_limits', 'List limits.'), cli: { command: 'limit list' },
});
export const showLimitModel = endpoint({
  route: 'GET /limits/model', summary: 'Show how limits of a tree of projects relate', view: T.Object({ model: T.Object({ name: T.String(), description: T.String() }) }), replies: 200,
  policy: forAnyone('get_limit_model', 'Show the model of limits.'),
});
export const showLimit = endpoint({
  route: 'GET /limits/{limit_id}', summary: 'Show a limit', view: LimitView, replies: 200,
  policy: anyScopeRule('get_limit', 'Show a limit.', `${ADMIN_OR_SYSTEM_READER} or (domain_id:%(target.limit.domain.id)s or domain_id:%(target.limit.project.domain_id)s) `
    + 'or (project_id:%(target.limit.project_id)s and not None:%(target.limit.project_id)s)'),
  fails: ['identity.limit.not-found'], cli: { command: 'limit show' },
});
export const updateLimit = endpoint({
  route: 'PATCH /limits/{limit_id}', summary: 'Change a limit', body: open({ limit: open({ resource_limit: T.Optional(Amount), description: T.Optional(Description) }) }), view: LimitView, replies: 200,
  policy: adminRule('update_limit', 'Change a limit.'), fails: ['identity.limit.not-found'], cli: { command: 'limit set' },
});
export const deleteLimit = endpoint({
  route: 'DELETE /limits/{limit_id}', summary: 'Delete a limit', replies: 204,
  policy: adminRule('delete_limit', 'Delete a limit.'), fails: ['identity.limit.not-found'], cli: { command: 'limit delete' },
});
