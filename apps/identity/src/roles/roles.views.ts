import type { RequestFacts } from '@virga/contract';
import { extraOf, linkTo, listFrame, type Attributes, type Listed } from '../listing/index.js';
import type { Implication, Role, RoleChange } from './role.js';

export function roleView(role: Role, request: RequestFacts) {
  return {
    ...role.extra,
    id: role.id, name: role.name, domain_id: role.domainId, description: role.description, options: role.options, links: { self: linkTo(request, `roles/${role.id}`) },
  };
}

export function roleList(roles: Listed<Role>, request: RequestFacts) {
  return { roles: roles.entries.map((role) => roleView(role, request)), ...listFrame(request, roles) };
}

export function roleChange(body: Attributes): RoleChange {
  const extra = extraOf(body, ['name', 'description', 'options', 'domain_id']);
  return {
    ...(body['name'] !== undefined && { name: (body['name'] as string).trim() }),
    ...(body['description'] !== undefined && { description: body['description'] as string | null }),
    ...(body['options'] !== undefined && { options: body['options'] as Attributes }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

const briefView = ({ id, name }: Pick<Role, 'id' | 'name'>, request: RequestFacts) => ({ id, name, links: { self: linkTo(request, `roles/${id}`) } });

export function implicationView({ prior, implied }: Implication, request: RequestFacts) {
  return {
    role_inference: { prior_role: briefView(prior, request), implies: briefView(implied, request) },
    links: { self: linkTo(request, `roles/${prior.id}/implies/${implied.id}`) },
  };
}

export function impliedView(prior: Pick<Role, 'id' | 'name'>, implications: readonly Implication[], request: RequestFacts) {
  return {
    role_inference: { prior_role: briefView(prior, request), implies: implications.map(({ implied }) => briefView(implied, request)) },
    links: { self: linkTo(request, `roles/${prior.id}/implies`) },
  };
}

export function inferencesView(implications: readonly Implication[], request: RequestFacts) {
  const byPrior = Map.groupBy(implications, ({ prior }) => prior.id);
  return {
    role_inferences: [...byPrior.values()].map((group) => impliedView((group[0] as Implication).prior, group, request).role_inference),
    links: { self: linkTo(request, 'role_inferences') },
  };
}
