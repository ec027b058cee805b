import type { Static } from '@virga/contract';
import type { FloatingIpView } from '@virga/contracts-network';
import { standardAttributes } from '../resources/index.js';
import type { FloatingIp } from './floatingip.js';

export function floatingIpView(floating: FloatingIp): Static<typeof FloatingIpView> {
  return {
    ...standardAttributes(floating),
    floating_network_id: floating.floating_network_id,
    floating_ip_address: floating.floating_ip,
    fixed_ip_address: floating.fixed_ip,
    port_id: floating.port_id,
    router_id: floating.router_id,
    status: floating.status,
    dns_name: floating.dns_name,
    dns_domain: floating.dns_domain,
    port_details: floating.port_details,
  };
}
