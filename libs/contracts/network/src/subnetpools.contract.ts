import { Nullable, T, closed, endpoint } from '@virga/contract';
import { CidrText, Description, ListQuery, Name, PageLinks, ShowQuery, WireBoolean, WireInteger, ownerAttributes, standardView } from './attributes.js';
import { subnetPoolsPolicy } from './rules/index.js';

const written = {
  description: T.Optional(Description),
  prefixes: T.Optional(T.Array(CidrText, { minItems: 1, maxItems: 100 })),
  default_quota: T.Optional(Nullable(WireInteger)),
  default_prefixlen: T.Optional(WireInteger),
  min_prefixlen: T.Optional(WireInteger),
  max_prefixlen: T.Optional(WireInteger),
  is_default: T.Optional(WireBoolean),
  address_scope_id: T.Optional(T.Null()),
};
const PoolName = T.String({ minLength: 1, maxLength: 255 });
const Prefixes = T.Array(CidrText, { minItems: 1, maxItems: 100 });

/** Prefixes from which subnets are cut so that they never overlap. */
export const SubnetPoolView = T.Object({
  ...standardView,
  prefixes: T.Array(T.String()),
  ip_version: T.Integer(),
  default_prefixlen: T.Integer(),
  min_prefixlen: T.Integer(),
  max_prefixlen: T.Integer(),
  default_quota: Nullable(T.Integer()),
  address_scope_id: T.Null(),
  is_default: T.Boolean(),
  shared: T.Boolean(),
});

const One = T.Object({ subnetpool: T.Partial(SubnetPoolView) });
const PrefixesView = T.Object({ subnetpool: T.Object({ id: T.String(), prefixes: T.Array(T.String()) }) });
const notFound = 'network.subnetpool.not-found';

export const createSubnetPool = endpoint({
  route: 'POST /subnetpools', isShownAgain: true, summary: 'Create a subnet pool',
  body: closed({ subnetpool: closed({ ...written, ...ownerAttributes, name: PoolName, prefixes: Prefixes, shared: T.Optional(WireBoolean) }) }), view: One,
  replies: 201, policy: subnetPoolsPolicy.create, alsoConsults: [subnetPoolsPolicy.createShared, subnetPoolsPolicy.createDefault], charges: { subnetpool: 1 }, cli: { command: 'subnet pool create' },
});
export const listSubnetPools = endpoint({
  route: 'GET /subnetpools', summary: 'List subnet pools', query: ListQuery,
  view: T.Object({ subnetpools: T.Array(T.Partial(SubnetPoolView)), subnetpools_links: T.Optional(PageLinks) }), replies: 200, policy: subnetPoolsPolicy.get,
  cli: { command: 'subnet pool list', columns: ['id', 'name', 'prefixes'] },
});
export const showSubnetPool = endpoint({
  route: 'GET /subnetpools/{subnetpool_id}', summary: 'Show a subnet pool', query: ShowQuery, view: One, replies: 200, policy: subnetPoolsPolicy.get, fails: [notFound],
  cli: { command: 'subnet pool show' },
});
export const updateSubnetPool = endpoint({
  route: 'PUT /subnetpools/{subnetpool_id}', summary: 'Change a subnet pool', body: closed({ subnetpool: closed({ ...written, name: T.Optional(Name) }) }), view: One,
  replies: 200, policy: subnetPoolsPolicy.update, alsoConsults: [subnetPoolsPolicy.get, subnetPoolsPolicy.updateDefault], fails: [notFound], cli: { command: 'subnet pool set' },
});
export const addSubnetPoolPrefixes = endpoint({
  route: 'PUT /subnetpools/{subnetpool_id}/add_prefixes', summary: 'Add prefixes to a subnet pool', body: closed({ prefixes: Prefixes }), view: PrefixesView,
  replies: 200, policy: subnetPoolsPolicy.addPrefixes, alsoConsults: [subnetPoolsPolicy.get], fails: [notFound],
});
export const removeSubnetPoolPrefixes = endpoint({
  route: 'PUT /subnetpools/{subnetpool_id}/remove_prefixes', summary: 'Take prefixes out of a subnet pool', body: closed({ prefixes: Prefixes }), view: PrefixesView,
  replies: 200, policy: subnetPoolsPolicy.removePrefixes, alsoConsults: [subnetPoolsPolicy.get], fails: [notFound],
});
export const deleteSubnetPool = endpoint({
  route: 'DELETE /subnetpools/{subnetpool_id}', summary: 'Delete a subnet pool', replies: 204, policy: subnetPoolsPolicy.delete, alsoConsults: [subnetPoolsPolicy.get],
  fails: [notFound, 'network.subnetpool.in-use'], cli: { command: 'subnet pool delete' },
});

export const networkEndpointsOfSubnetPools = {
  createSubnetPool, listSubnetPools, showSubnetPool, updateSubnetPool, addSubnetPoolPrefixes, removeSubnetPoolPrefixes, deleteSubnetPool,
};
