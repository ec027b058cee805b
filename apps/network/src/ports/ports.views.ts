import type { Static } from '@virga/contract';
import type { PortView } from '@virga/contracts-network';
import { standardAttributes } from '../resources/index.js';
import type { Port } from './port.js';

export function portView(port: Port, domainName: string): Static<typeof PortView> {
  const isBound = port.host_id !== '';
  return {
    ...standardAttributes(port),
    name: port.name,
    network_id: port.network_id,
    mac_address: port.mac_address,
    fixed_ips: port.fixed_ips,
    status: port.status,
    admin_state_up: port.admin_state_up,
    device_id: port.device_id,
    device_owner: port.device_owner,
    security_groups: port.security_groups,
    allowed_address_pairs: port.allowed_address_pairs,
    extra_dhcp_opts: port.extra_dhcp_opts,
    port_security_enabled: port.port_security_enabled,
    dns_name: port.dns_name,
    dns_assignment: port.fixed_ips.map(({ ip_address: ip }) => assignment(port, ip, domainName)),
    'binding:vnic_type': port.vnic_type,
    'binding:host_id': port.host_id,
    'binding:vif_type': isBound ? 'ovs' : 'unbound',
    'binding:vif_details': isBound ? { port_filter: true, connectivity: 'l2' } : {},
    'binding:profile': port.binding_profile,
  };
}

/** What the network's DNS answers; an address without a name gets one made from it (extension dns-integration). */
function assignment(port: Port, ip: string, domainName: string): { hostname: string; ip_address: string; fqdn: string } {
  const hostname = port.dns_name === '' ? `host-${ip.replaceAll(/[.:]+/g, '-')}` : port.dns_name;
  const domain = (port.network_dns_domain || domainName).replace(/\.$/, '');
  return { hostname, ip_address: ip, fqdn: `${hostname}.${domain}.` };
}
