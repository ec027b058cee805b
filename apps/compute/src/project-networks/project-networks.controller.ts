import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { proxies } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import type { Caller } from '@virga/kernel';
import { ProjectNetworksService, type Network } from './project-networks.service.js';

const idOf = (params: Readonly<Record<string, string>>): string => params['network_id'] as string;

/** Two APIs of Nova's own network of old, of which little is left: ids and names. */
@Controller()
export class ProjectNetworksController {
  constructor(private readonly networks: ProjectNetworksService) {}

  @Endpoint(proxies.listTenantNetworks)
  async listTenant(input: InputOf<typeof proxies.listTenantNetworks>) {
    return { networks: (await this.networks.list(input, proxies.listTenantNetworks.policy)).map(tenantView) };
  }

  @Endpoint(proxies.showTenantNetwork)
  async showTenant(input: InputOf<typeof proxies.showTenantNetwork>) {
    return { network: tenantView(await this.networks.show(input, proxies.showTenantNetwork.policy, idOf(input.params))) };
  }

  @Endpoint(proxies.listNetworks)
  async list(input: InputOf<typeof proxies.listNetworks>) {
    return { networks: (await this.networks.list(input, proxies.listNetworks.policy)).map((network) => networkView(network, input.caller)) };
  }

  @Endpoint(proxies.showNetwork)
  async show(input: InputOf<typeof proxies.showNetwork>) {
    return { network: networkView(await this.networks.show(input, proxies.showNetwork.policy, idOf(input.params)), input.caller) };
  }
}

/** The text `None` has stood there ever since networks are Neutron's. */
function tenantView({ id, name }: Network) {
  return { id, label: name, cidr: 'None' };
}

const EMPTY = ['cidr', 'netmask', 'gateway', 'broadcast', 'dns1', 'dns2', 'cidr_v6', 'gateway_v6', 'netmask_v6'];
const EMPTY_FOR_ADMINISTRATORS = [
  'created_at', 'updated_at', 'deleted_at', 'deleted', 'injected', 'bridge', 'vlan', 'vpn_public_address', 'vpn_public_port', 'vpn_private_address', 'dhcp_start',
  'project_id', 'host', 'bridge_interface', 'multi_host', 'priority', 'rxtx_base', 'mtu', 'dhcp_server', 'enable_dhcp', 'share_address',
];

function networkView({ id, name }: Network, caller: Caller) {
  const names = caller.roles.has('admin') ? [...EMPTY, ...EMPTY_FOR_ADMINISTRATORS] : EMPTY;
  return { ...Object.fromEntries(names.map((field) => [field, null])), id, label: name };
}
