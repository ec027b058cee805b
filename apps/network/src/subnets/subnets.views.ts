import type { Static } from '@virga/contract';
import type { SubnetView } from '@virga/contracts-network';
import { standardAttributes } from '../resources/index.js';
import type { Subnet } from './subnet.js';

export function subnetView(subnet: Subnet): Static<typeof SubnetView> {
  return {
    ...standardAttributes(subnet),
    name: subnet.name,
    network_id: subnet.network_id,
    ip_version: subnet.ip_version,
    cidr: subnet.cidr,
    gateway_ip: subnet.gateway_ip,
    allocation_pools: subnet.allocation_pools,
    enable_dhcp: subnet.enable_dhcp,
    dns_nameservers: subnet.dns_nameservers,
    host_routes: subnet.host_routes,
    ipv6_ra_mode: subnet.ipv6_ra_mode,
    ipv6_address_mode: subnet.ipv6_address_mode,
    subnetpool_id: subnet.subnetpool_id,
    service_types: subnet.service_types,
  };
}
