import { Nullable, T, closed, endpoint } from '@virga/contract';
import { CidrText, Description, IpText, ListQuery, Name, PageLinks, ResourceId, ShowQuery, WireBoolean, WireInteger, oneOrMany, ownerAttributes, standardView } from './attributes.js';
import { createPortAttributeRules, getPortAttributeRules, portsPolicy, updatePortAttributeRules } from './rules/index.js';

const MacText = T.String({ maxLength: 32 });

const written = {
  name: T.Optional(Name),
  description: T.Optional(Description),
  admin_state_up: T.Optional(WireBoolean),
  device_id: T.Optional(T.String({ maxLength: 255 })),
  device_owner: T.Optional(T.String({ maxLength: 255 })),
  fixed_ips: T.Optional(Nullable(T.Array(closed({ subnet_id: T.Optional(ResourceId), ip_address: T.Optional(IpText) }), { maxItems: 64 }))),
  security_groups: T.Optional(Nullable(T.Array(ResourceId, { maxItems: 64 }))),
  allowed_address_pairs: T.Optional(Nullable(T.Array(closed({ ip_address: CidrText, mac_address: T.Optional(MacText) }), { maxItems: 64 }))),
  extra_dhcp_opts: T.Optional(Nullable(T.Array(closed({
    opt_name: T.String({ minLength: 1, maxLength: 255 }), opt_value: Nullable(T.String({ maxLength: 255 })), ip_version: T.Optional(WireInteger),
  }), { maxItems: 64 }))),
  port_security_enabled: T.Optional(WireBoolean),
  dns_name: T.Optional(T.String({ maxLength: 255 })),
  'binding:host_id': T.Optional(Nullable(T.String({ maxLength: 255 }))),
  'binding:profile': T.Optional(Nullable(T.Record(T.String(), T.Unknown(), { maxProperties: 64 }))),
  'binding:vnic_type': T.Optional(T.Enum(['normal', 'direct', 'macvtap', 'baremetal', 'direct-physical', 'virtio-forwarder', 'smart-nic', 'accelerator-direct', 'accelerator-direct-physical', 'remote-managed', 'vdpa'])),
};

/** A connection to a network: one interface of a server, a router, or the service itself. */
export const PortView = T.Object({
  ...standardView,
  network_id: T.String(),
  mac_address: T.String(),
  fixed_ips: T.Array(T.Object({ subnet_id: T.String(), ip_address: T.String() })),
  status: T.String(),
  admin_state_up: T.Boolean(),
  device_id: T.String(),
  device_owner: T.String(),
  security_groups: T.Array(T.String()),
  allowed_address_pairs: T.Array(T.Object({ ip_address: T.String(), mac_address: T.String() })),
  extra_dhcp_opts: T.Array(T.Object({ opt_name: T.String(), opt_value: T.String(), ip_version: T.Integer() })),
  port_security_enabled: T.Boolean(),
  dns_name: T.String(),
  dns_assignment: T.Array(T.Object({ hostname: T.String(), ip_address: T.String(), fqdn: T.String() })),
  'binding:vnic_type': T.String(),
  'binding:host_id': T.Optional(T.String()),
  'binding:vif_type': T.Optional(T.String()),
  'binding:vif_details': T.Optional(T.Object({}, { additionalProperties: true })),
  'binding:profile': T.Optional(T.Object({}, { additionalProperties: true })),
});

const PortTags = T.Optional(T.Array(T.String({ maxLength: 255 }), { maxItems: 50 }));
export const PortCreate = closed({ ...written, ...ownerAttributes, network_id: ResourceId, mac_address: T.Optional(MacText), tags: PortTags });
export const PortUpdate = closed({ ...written, mac_address: T.Optional(Nullable(MacText)) });

const One = T.Object({ port: T.Partial(PortView) });
const notFound = 'network.port.not-found';

export const createPort = endpoint({
  route: 'POST /ports', isShownAgain: true, summary: 'Create a port, or several', body: oneOrMany('port', 'ports', PortCreate),
  view: T.Object({ port: T.Optional(T.Partial(PortView)), ports: T.Optional(T.Array(T.Partial(PortView))) }),
  replies: 201, policy: portsPolicy.create, alsoConsults: Object.values(createPortAttributeRules), charges: { port: 1 },
  fails: ['network.network.not-found', 'network.address.in-use', 'network.address.exhausted', 'network.security-group.not-found'], cli: { command: 'port create', columns: ['id', 'name'] },
});
export const listPorts = endpoint({
  route: 'GET /ports', summary: 'List ports', query: ListQuery, view: T.Object({ ports: T.Array(T.Partial(PortView)), ports_links: T.Optional(PageLinks) }),
  replies: 200, policy: portsPolicy.get, alsoConsults: Object.values(getPortAttributeRules), cli: { command: 'port list', columns: ['id', 'name', 'mac_address', 'fixed_ips', 'status'] },
});
export const showPort = endpoint({
  route: 'GET /ports/{port_id}', summary: 'Show a port', query: ShowQuery, view: One, replies: 200, policy: portsPolicy.get, fails: [notFound], cli: { command: 'port show' },
});
export const updatePort = endpoint({
  route: 'PUT /ports/{port_id}', summary: 'Change a port', body: closed({ port: PortUpdate }), view: One, replies: 200,
  policy: portsPolicy.update, alsoConsults: [portsPolicy.get, ...Object.values(updatePortAttributeRules)], fails: [notFound], cli: { command: 'port set' },
});
export const deletePort = endpoint({
  route: 'DELETE /ports/{port_id}', summary: 'Delete a port', replies: 204, policy: portsPolicy.delete, alsoConsults: [portsPolicy.get],
  fails: [notFound, 'network.port.in-use'], cli: { command: 'port delete' },
});

export const networkEndpointsOfPorts = { createPort, listPorts, showPort, updatePort, deletePort };
