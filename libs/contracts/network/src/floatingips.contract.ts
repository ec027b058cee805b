import { Nullable, T, closed, endpoint } from '@virga/contract';
import { Description, IpText, ListQuery, PageLinks, ResourceId, ShowQuery, namelessView, ownerAttributes } from './attributes.js';
import { floatingIpsPolicy } from './rules/index.js';

const written = {
  description: T.Optional(Description),
  port_id: T.Optional(Nullable(ResourceId)),
  fixed_ip_address: T.Optional(Nullable(IpText)),
};
const dns = { dns_name: T.Optional(T.String({ maxLength: 255 })), dns_domain: T.Optional(T.String({ maxLength: 255 })) };
/** An address of an external network that leads to a port. */
export const FloatingIpView = T.Object({
  ...namelessView,
  floating_network_id: T.String(),
  floating_ip_address: T.String(),
  fixed_ip_address: Nullable(T.String()),
  port_id: Nullable(T.String()),
  router_id: Nullable(T.String()),
  status: T.String(),
  dns_name: T.String(),
  dns_domain: T.String(),
  port_details: Nullable(T.Object({
    name: T.String(), network_id: T.String(), mac_address: T.String(), admin_state_up: T.Boolean(), status: T.String(), device_id: T.String(), device_owner: T.String(),
  })),
});

const One = T.Object({ floatingip: T.Partial(FloatingIpView) });
const notFound = 'network.floatingip.not-found';

export const createFloatingIp = endpoint({
  route: 'POST /floatingips', isShownAgain: true, summary: 'Create a floating IP',
  body: closed({ floatingip: closed({ ...written, ...dns, ...ownerAttributes, floating_network_id: ResourceId, subnet_id: T.Optional(Nullable(ResourceId)), floating_ip_address: T.Optional(Nullable(IpText)) }) }),
  view: One, replies: 201, policy: floatingIpsPolicy.create, alsoConsults: [floatingIpsPolicy.createAddress], charges: { floatingip: 1 },
  fails: ['network.network.not-found', 'network.port.not-found', 'network.address.exhausted'], cli: { command: 'floating ip create', columns: ['id', 'floating_ip_address'] },
});
export const listFloatingIps = endpoint({
  route: 'GET /floatingips', summary: 'List floating IPs', query: ListQuery,
  view: T.Object({ floatingips: T.Array(T.Partial(FloatingIpView)), floatingips_links: T.Optional(PageLinks) }), replies: 200, policy: floatingIpsPolicy.get,
  cli: { command: 'floating ip list', columns: ['id', 'floating_ip_address', 'fixed_ip_address', 'port_id'] },
});
export const showFloatingIp = endpoint({
  route: 'GET /floatingips/{floatingip_id}', summary: 'Show a floating IP', query: ShowQuery, view: One, replies: 200, policy: floatingIpsPolicy.get, fails: [notFound],
  cli: { command: 'floating ip show' },
});
export const updateFloatingIp = endpoint({
  route: 'PUT /floatingips/{floatingip_id}', summary: 'Associate a floating IP with a port, or end that', body: closed({ floatingip: closed(written) }), view: One,
  replies: 200, policy: floatingIpsPolicy.update, alsoConsults: [floatingIpsPolicy.get], fails: [notFound, 'network.port.not-found'], cli: { command: 'floating ip set' },
});
export const deleteFloatingIp = endpoint({
  route: 'DELETE /floatingips/{floatingip_id}', summary: 'Delete a floating IP', replies: 204, policy: floatingIpsPolicy.delete, alsoConsults: [floatingIpsPolicy.get],
  fails: [notFound], cli: { command: 'floating ip delete' },
});
export const listFloatingIpPools = endpoint({
  route: 'GET /floatingip_pools', summary: 'List the subnets that floating IPs come from', query: ListQuery,
  view: T.Object({ floatingip_pools: T.Array(T.Object({
    subnet_id: T.String(), subnet_name: T.String(), cidr: T.String(), network_id: T.String(), project_id: T.String(), tenant_id: T.String(),
  })) }),
  replies: 200, policy: floatingIpsPolicy.getPools, cli: { command: 'floating ip pool list' },
});

export const networkEndpointsOfFloatingIps = { createFloatingIp, listFloatingIps, showFloatingIp, updateFloatingIp, deleteFloatingIp, listFloatingIpPools };
