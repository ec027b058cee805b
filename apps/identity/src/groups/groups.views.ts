import type { RequestFacts } from '@virga/contract';
import { extraOf, linkTo, listFrame, type Attributes, type Listed } from '../listing/index.js';
import type { Group, GroupChange } from './group.js';

export function groupView(group: Group, request: RequestFacts) {
  return {
    ...group.extra,
    id: group.id, name: group.name, domain_id: group.domainId, description: group.description, links: { self: linkTo(request, `groups/${group.id}`) },
  };
}

export function groupList(groups: Listed<Group>, request: RequestFacts) {
  return { groups: groups.entries.map((group) => groupView(group, request)), ...listFrame(request, groups) };
}

export function groupChange(body: Attributes): GroupChange {
  const extra = extraOf(body, ['name', 'description', 'domain_id']);
  return {
    ...(body['name'] !== undefined && { name: (body['name'] as string).trim() }),
    ...(body['description'] !== undefined && { description: (body['description'] as string | null) ?? '' }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}
