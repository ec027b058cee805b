import { Nullable, T, closed, endpoint } from '@virga/contract';
import { Description, Hints, ListQuery, Name, PageLinks, ShowQuery, WireBoolean, WireInteger, oneOrMany, ownerAttributes, standardView } from './attributes.js';
import { createNetworkAttributeRules, getNetworkAttributeRules, networksPolicy, updateNetworkAttributeRules } from './rules/index.js';

const written = {
  name: T.Optional(Name),
  description: T.Optional(Description),
  admin_state_up: T.Optional(WireBoolean),
  shared: T.Optional(WireBoolean),
  'router:external': T.Optional(WireBoolean),
  is_default: T.Optional(WireBoolean),
  port_security_enabled: T.Optional(WireBoolean),
  mtu: T.Optional(WireInteger),
  dns_domain: T.Optional(T.String({ maxLength: 255 })),
};

const provider = {
  'provider:network_type': T.Optional(Nullable(T.String({ maxLength: 32 }))),
  'provider:physical_network': T.Optional(Nullable(T.String({ maxLength: 64 }))),
  'provider:segmentation_id': T.Optional(Nullable(WireInteger)),
};

/** A layer-2 segment: an OVN logical switch. */
export const NetworkView = T.Object({
  ...standardView,
  admin_state_up: T.Boolean(),
  status: T.String(),
  subnets: T.Array(T.String()),
  shared: T.Boolean(),
  'router:external': T.Boolean(),
  is_default: T.Optional(T.Boolean()),
  mtu: T.Integer(),
  port_security_enabled: T.Boolean(),
  dns_domain: T.String(),
  availability_zone_hints: T.Array(T.String()),
  availability_zones: T.Array(T.String()),
  ipv4_address_scope: T.Null(),
  ipv6_address_scope: T.Null(),
  'provider:network_type': T.Optional(T.String()),
  'provider:physical_network': T.Optional(Nullable(T.String())),
  'provider:segmentation_id': T.Optional(Nullable(T.Integer())),
});

export const NetworkCreate = closed({ ...written, ...provider, ...ownerAttributes, availability_zone_hints: Hints });
export const NetworkUpdate = closed({ ...written, ...provider });

const One = T.Object({ network: T.Partial(NetworkView) });

export const createNetwork = endpoint({
  route: 'POST /networks', isShownAgain: true, summary: 'Create a network, or several',
  body: oneOrMany('network', 'networks', NetworkCreate),
  view: T.Object({ network: T.Optional(T.Partial(NetworkView)), networks: T.Optional(T.Array(T.Partial(NetworkView))) }),
  replies: 201, policy: networksPolicy.create, alsoConsults: Object.values(createNetworkAttributeRules), charges: { network: 1 },
  cli: { command: 'network create', columns: ['id', 'name'] },
});
export const listNetworks = endpoint({
  route: 'GET /networks', summary: 'List networks', query: ListQuery,
  view: T.Object({ networks: T.Array(T.Partial(NetworkView)), networks_links: T.Optional(PageLinks) }),
  replies: 200, policy: networksPolicy.get, alsoConsults: Object.values(getNetworkAttributeRules), cli: { command: 'network list', columns: ['id', 'name', 'subnets'] },
});
export const showNetwork = endpoint({
  route: 'GET /networks/{network_id}', summary: 'Show a network', query: ShowQuery, view: One, replies: 200, policy: networksPolicy.get,
  fails: ['network.network.not-found'], cli: { command: 'network show' },
});
export const updateNetwork = endpoint({
  route: 'PUT /networks/{network_id}', summary: 'Change a network', body: closed({ network: NetworkUpdate }), view: One, replies: 200,
  policy: networksPolicy.update, alsoConsults: [networksPolicy.get, ...Object.values(updateNetworkAttributeRules)], fails: ['network.network.not-found'], cli: { command: 'network set' },
});
export const deleteNetwork = endpoint({
  route: 'DELETE /networks/{network_id}', summary: 'Delete a network', replies: 204, policy: networksPolicy.delete, alsoConsults: [networksPolicy.get],
  fails: ['network.network.not-found', 'network.network.in-use'], cli: { command: 'network delete' },
});

export const networkEndpointsOfNetworks = { createNetwork, listNetworks, showNetwork, updateNetwork, deleteNetwork };
