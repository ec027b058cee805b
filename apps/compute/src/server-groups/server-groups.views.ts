import type { BodyOf, OutputOf, QueryOf, Reply } from '@virga/contract';
import type { createServerGroup, listServerGroups, showServerGroup } from '@virga/contracts-compute';
import { Invalid } from '@virga/kernel';
import type { ServerGroup } from './server-group.js';

type View = Exclude<OutputOf<typeof showServerGroup>, void | Reply<unknown>>['server_group'];

export function groupView(group: ServerGroup): View {
  const rules: Record<string, number> = group.maxServerPerHost === null ? {} : { max_server_per_host: group.maxServerPerHost };
  return {
    id: group.id, name: group.name, members: group.members, metadata: {}, policies: [group.policy], policy: group.policy, rules,
    project_id: group.projectId, user_id: group.userId,
  };
}

export function groupWish({ server_group: group }: BodyOf<typeof createServerGroup>): Pick<ServerGroup, 'name' | 'policy' | 'maxServerPerHost'> {
  const policy = group.policy ?? group.policies?.[0];
  if (policy === undefined) throw new Invalid('compute.server-group.policy', 'A server group needs a policy: \'policies\' is a required property');
  const most = group.rules?.max_server_per_host;
  if (most !== undefined && policy !== 'anti-affinity') throw new Invalid('compute.server-group.policy', `Only anti-affinity policy supports rules; this group's is ${policy}.`);
  return { name: group.name, policy, maxServerPerHost: most === undefined ? null : Number(most) };
}

const MOST_GROUPS = 1000;

export function groupListing(query: QueryOf<typeof listServerGroups>): { isForAll: boolean; limit: number; offset: number } {
  return { isForAll: query.all_projects !== undefined, limit: Math.min(query.limit ?? MOST_GROUPS, MOST_GROUPS), offset: Math.min(query.offset ?? 0, 2 ** 31) };
}
