import { Nullable, T, closed, endpoint } from '@virga/contract';
import {
  AllocationPool, CidrText, Description, HostRoute, IpText, ListQuery, Name, PageLinks, ResourceId, ShowQuery, WireBoolean, WireInteger, oneOrMany, ownerAttributes,
  standardView,
} from './attributes.js';
import { subnetsPolicy } from './rules/index.js';

const Ipv6Mode = T.Enum(['slaac', 'dhcpv6-stateful', 'dhcpv6-stateless']);

const written = {
  name: T.Optional(Name),
  description: T.Optional(Description),
  enable_dhcp: T.Optional(WireBoolean),
  gateway_ip: T.Optional(Nullable(IpText)),
  allocation_pools: T.Optional(T.Array(AllocationPool, { maxItems: 100 })),
  dns_nameservers: T.Optional(Nullable(T.Array(IpText, { maxItems: 5 }))),
  host_routes: T.Optional(Nullable(T.Array(HostRoute, { maxItems: 20 }))),
};

/** A range of addresses on a network. */
export const SubnetView = T.Object({
  ...standardView,
  network_id: T.String(),
  ip_version: T.Integer(),
  cidr: T.String(),
  gateway_ip: Nullable(T.String()),
  allocation_pools: T.Array(T.Object({ start: T.String(), end: T.String() })),
  enable_dhcp: T.Boolean(),
  dns_nameservers: T.Array(T.String()),
  host_routes: T.Array(T.Object({ destination: T.String(), nexthop: T.String() })),
  ipv6_ra_mode: Nullable(T.String()),
  ipv6_address_mode: Nullable(T.String()),
  subnetpool_id: Nullable(T.String()),
  service_types: T.Array(T.String()),
});

export const SubnetCreate = closed({
  ...written, ...ownerAttributes,
  network_id: ResourceId,
  ip_version: T.Optional(WireInteger),
  cidr: T.Optional(Nullable(CidrText)),
  prefixlen: T.Optional(WireInteger),
  subnetpool_id: T.Optional(Nullable(ResourceId)),
  use_default_subnetpool: T.Optional(WireBoolean),
  ipv6_ra_mode: T.Optional(Nullable(Ipv6Mode)),
  ipv6_address_mode: T.Optional(Nullable(Ipv6Mode)),
});
export const SubnetUpdate = closed(written);

const One = T.Object({ subnet: T.Partial(SubnetView) });
const notFound = 'network.subnet.not-found';

export const createSubnet = endpoint({
  route: 'POST /subnets', isShownAgain: true, summary: 'Create a subnet, or several', body: oneOrMany('subnet', 'subnets', SubnetCreate),
  view: T.Object({ subnet: T.Optional(T.Partial(SubnetView)), subnets: T.Optional(T.Array(T.Partial(SubnetView))) }),
  replies: 201, policy: subnetsPolicy.create, charges: { subnet: 1 }, fails: ['network.network.not-found', 'network.subnet.overlap', 'network.subnet.invalid'],
  cli: { command: 'subnet create', columns: ['id', 'name'] },
});
export const listSubnets = endpoint({
  route: 'GET /subnets', summary: 'List subnets', query: ListQuery,
  view: T.Object({ subnets: T.Array(T.Partial(SubnetView)), subnets_links: T.Optional(PageLinks) }),
  replies: 200, policy: subnetsPolicy.get, cli: { command: 'subnet list', columns: ['id', 'name', 'network_id', 'cidr'] },
});
export const showSubnet = endpoint({
  route: 'GET /subnets/{subnet_id}', summary: 'Show a subnet', query: ShowQuery, view: One, replies: 200, policy: subnetsPolicy.get, fails: [notFound], cli: { command: 'subnet show' },
});
export const updateSubnet = endpoint({
  route: 'PUT /subnets/{subnet_id}', summary: 'Change a subnet', body: closed({ subnet: SubnetUpdate }), view: One, replies: 200,
  policy: subnetsPolicy.update, alsoConsults: [subnetsPolicy.get], fails: [notFound], cli: { command: 'subnet set' },
});
export const deleteSubnet = endpoint({
  route: 'DELETE /subnets/{subnet_id}', summary: 'Delete a subnet', replies: 204, policy: subnetsPolicy.delete, alsoConsults: [subnetsPolicy.get],
  fails: [notFound, 'network.subnet.in-use'], cli: { command: 'subnet delete' },
});

export const networkEndpointsOfSubnets = { createSubnet, listSubnets, showSubnet, updateSubnet, deleteSubnet };
