import { T, closed, endpoint } from '@virga/contract';
import { ListQuery, WireInteger } from './attributes.js';
import { quotasPolicy } from './rules/index.js';

/** Neutron's quota names, in the order clients show them. */
export const QUOTA_NAMES = ['network', 'subnet', 'subnetpool', 'port', 'router', 'floatingip', 'security_group', 'security_group_rule'] as const;
export type QuotaName = (typeof QUOTA_NAMES)[number];

const all = <Value>(value: Value): Record<QuotaName, Value> => Object.fromEntries(QUOTA_NAMES.map((name) => [name, value])) as Record<QuotaName, Value>;

const Limits = T.Object({ ...all(T.Integer()) });
const Details = T.Object({ ...all(T.Object({ limit: T.Integer(), used: T.Integer(), reserved: T.Integer() })) });
const One = T.Object({ quota: Limits });

export const listQuotas = endpoint({
  route: 'GET /quotas', summary: 'List the projects whose quotas differ from the defaults', query: ListQuery,
  view: T.Object({ quotas: T.Array(T.Object({ ...Limits.properties, project_id: T.String(), tenant_id: T.String() })) }), replies: 200, policy: quotasPolicy.get,
});
export const showOwnProject = endpoint({
  route: 'GET /quotas/tenant', summary: 'The project that quotas are asked of', view: T.Object({ tenant: T.Object({ project_id: T.String(), tenant_id: T.String() }) }), replies: 200, policy: quotasPolicy.get,
});
export const showOwnProjectAsProject = endpoint({
  route: 'GET /quotas/project', summary: 'The project that quotas are asked of', view: T.Object({ project: T.Object({ project_id: T.String(), tenant_id: T.String() }) }), replies: 200, policy: quotasPolicy.get,
});
export const showQuota = endpoint({ route: 'GET /quotas/{project_id}', summary: 'Show a project\'s quota', view: One, replies: 200, policy: quotasPolicy.get, cli: { command: 'quota show' } });
export const showQuotaDefaults = endpoint({ route: 'GET /quotas/{project_id}/default', summary: 'Show the default quota', view: One, replies: 200, policy: quotasPolicy.get });
export const showQuotaDetails = endpoint({
  route: 'GET /quotas/{project_id}/details.json', summary: 'Show a project\'s quota with its use', view: T.Object({ quota: Details }), replies: 200, policy: quotasPolicy.get,
});
export const showQuotaDetailsPlain = endpoint({
  route: 'GET /quotas/{project_id}/details', summary: 'Show a project\'s quota with its use', view: T.Object({ quota: Details }), replies: 200, policy: quotasPolicy.get,
});
export const updateQuota = endpoint({
  route: 'PUT /quotas/{project_id}', summary: 'Change a project\'s quota', body: closed({ quota: closed({ ...all(T.Optional(WireInteger)), ...{
    force: T.Optional(T.Any()), check_limit: T.Optional(T.Any()), project_id: T.Optional(T.String()), tenant_id: T.Optional(T.String()),
  } }) }), view: One, replies: 200, policy: quotasPolicy.update, cli: { command: 'quota set' },
});
export const deleteQuota = endpoint({ route: 'DELETE /quotas/{project_id}', summary: 'Give a project the default quota again', replies: 204, policy: quotasPolicy.delete });

export const networkEndpointsOfQuotas = {
  listQuotas, showOwnProject, showOwnProjectAsProject, showQuota, showQuotaDefaults, showQuotaDetails, showQuotaDetailsPlain, updateQuota, deleteQuota,
};
