import { T, closed, endpoint, type Endpoint, type PolicyRule, type TSchema } from '@virga/contract';
import { floatingIpsPolicy, networksPolicy, portsPolicy, routersPolicy, securityGroupsPolicy, subnetPoolsPolicy, subnetsPolicy } from './rules/index.js';

interface TagsPolicy { getTags: PolicyRule; updateTags: PolicyRule; deleteTags: PolicyRule }

const TagList = T.Object({ tags: T.Array(T.String()) });
const Body = closed({ tags: T.Array(T.String({ minLength: 1, maxLength: 60 }), { maxItems: 50 }) });

/** The collections whose resources carry tags (extension standard-attr-tag). */
export type TaggedCollection = 'networks' | 'subnets' | 'subnetpools' | 'ports' | 'routers' | 'floatingips' | 'security-groups';

/** The endpoints for the tags of one collection's resources. */
export interface TagEndpoints {
  list: Endpoint<TSchema, TSchema, typeof TagList>;
  replace: Endpoint<TSchema, typeof Body, typeof TagList>;
  clear: Endpoint;
  check: Endpoint;
  add: Endpoint;
  remove: Endpoint;
}

function tagEndpoints(collection: TaggedCollection, one: string, policy: TagsPolicy): TagEndpoints {
  const fails = [`network.${one}.not-found`, 'network.tag.not-found'];
  return {
    list: endpoint({ route: `GET /${collection}/{id}/tags`, summary: `List the tags of a ${one}`, view: TagList, replies: 200, policy: policy.getTags, fails }),
    replace: endpoint({ route: `PUT /${collection}/{id}/tags`, summary: `Replace the tags of a ${one}`, body: Body, view: TagList, replies: 200, policy: policy.updateTags, alsoConsults: [policy.getTags], fails }),
    clear: endpoint({ route: `DELETE /${collection}/{id}/tags`, summary: `Remove all tags of a ${one}`, replies: 204, policy: policy.deleteTags, alsoConsults: [policy.getTags], fails }),
    check: endpoint({ route: `GET /${collection}/{id}/tags/{tag}`, summary: `Whether a ${one} has a tag`, replies: 204, policy: policy.getTags, fails }),
    add: endpoint({ route: `PUT /${collection}/{id}/tags/{tag}`, summary: `Add a tag to a ${one}`, replies: 201, policy: policy.updateTags, alsoConsults: [policy.getTags], fails }),
    remove: endpoint({ route: `DELETE /${collection}/{id}/tags/{tag}`, summary: `Remove a tag of a ${one}`, replies: 204, policy: policy.deleteTags, alsoConsults: [policy.getTags], fails }),
  };
}

export const tagEndpointsByCollection: Readonly<Record<TaggedCollection, TagEndpoints>> = {
  networks: tagEndpoints('networks', 'network', networksPolicy),
  subnets: tagEndpoints('subnets', 'subnet', subnetsPolicy),
  subnetpools: tagEndpoints('subnetpools', 'subnetpool', subnetPoolsPolicy),
  ports: tagEndpoints('ports', 'port', portsPolicy),
  routers: tagEndpoints('routers', 'router', routersPolicy),
  floatingips: tagEndpoints('floatingips', 'floatingip', floatingIpsPolicy),
  'security-groups': tagEndpoints('security-groups', 'security-group', securityGroupsPolicy),
};
