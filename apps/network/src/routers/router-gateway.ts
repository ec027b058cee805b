import { Inject, Injectable } from '@nestjs/common';
import { isTrue, type Static } from '@virga/contract';
import { networksPolicy, type RouterCreate } from '@virga/contracts-network';
import { CLOCK, raise, type Caller, type Clock } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { Access } from '../access/index.js';
import { newMac } from '../addresses/index.js';
import { NetworkNotFound, NetworksRepository, networkTarget } from '../networks/index.js';
import { AddressAssignment, PortCreation, PortDeletion, type PortFacts } from '../ports/index.js';

import { changeRow, newStandard } from '../resources/index.js';
import { BadRequest, RouterExternalGatewayInUseByFloatingIp, type Router } from './router.js';
import { RoutersRepository } from './routers.repository.js';

export type GatewayInfo = NonNullable<Static<typeof RouterCreate>['external_gateway_info']>;

/** What is done to ports for routers. */
@Injectable()
export class RouterPorts {
  constructor(readonly creation: PortCreation, readonly deletion: PortDeletion, readonly addresses: AddressAssignment, @Inject(CLOCK) readonly clock: Clock) {}

  /** The facts of a port of the router's own. */
  newPort(role: 'network:router_interface' | 'network:router_gateway', router: { id: string }, networkId: string, project: string): PortFacts {
    return {
      ...newStandard(project, undefined, this.clock.now()), network_id: networkId, name: '', mac_address: newMac(), admin_state_up: true, status: 'ACTIVE',
      device_id: router.id, device_owner: role, port_security_enabled: false, allowed_address_pairs: [], extra_dhcp_opts: [], dns_name: '',
      vnic_type: 'normal', host_id: '', binding_profile: {}, nic_index: null,
    };
  }
}

/** Connects routers to external networks. */
@Injectable()
export class RouterGateway {
  constructor(
    private readonly routers: RoutersRepository, private readonly networks: NetworksRepository, private readonly ports: RouterPorts, private readonly access: Access,
  ) {}

  /** Gives the router the gateway that is asked for, or none; the caller holds the router's row. Floating IPs keep a gateway from going. */
  async set(tx: Tx, caller: Caller, router: Router, info: GatewayInfo | null): Promise<void> {
    const networkId = info?.network_id ?? undefined;
    if (networkId === undefined || info === null) return this.clear(tx, router);
    await changeRow(tx, 'router', router.id, { enable_snat: isTrue(info.enable_snat) ?? true }, new Date(this.ports.clock.now()));
    if (router.gateway?.network_id === networkId) return this.readdress(tx, router, info);
    await this.clear(tx, router);
    await this.requireExternal(tx, caller, networkId);
    const port = this.ports.newPort('network:router_gateway', router, networkId, '');
    await this.ports.creation.create(tx, [{ port, fixedIps: info.external_fixed_ips, securityGroupIds: [], groupsOf: undefined }]);
    await this.routers.addPort(tx, router.id, port.id, 'gateway');
  }

  /** Removes the gateway, if there is one. */
  async clear(tx: Tx, router: Pick<Router, 'id' | 'gateway'>): Promise<void> {
    if (router.gateway === null) return;
    if (await this.routers.leadsFloatingIps(tx, router.id)) throw new RouterExternalGatewayInUseByFloatingIp(router.id, router.gateway.network_id);
    await this.routers.removePort(tx, router.gateway.port_id);
    await this.ports.deletion.remove(tx, [router.gateway.port_id]);
  }

  private async readdress(tx: Tx, router: Router, info: GatewayInfo): Promise<void> {
    if (info.external_fixed_ips === undefined || router.gateway === null) return;
    const { port_id: id, network_id: networkId, external_fixed_ips: before } = router.gateway;
    await this.ports.addresses.reassign(tx, { id, network_id: networkId, mac_address: '', device_owner: 'network:router_gateway' }, before, info.external_fixed_ips);
  }

  private async requireExternal(tx: Tx, caller: Caller, networkId: string): Promise<void> {
    const network = await this.networks.find(tx, networkId) ?? raise(new NetworkNotFound(networkId));
    this.access.require(caller, { see: networksPolicy.get }, networkTarget(network), () => new NetworkNotFound(networkId));
    if (!network.is_external) throw new BadRequest(`Network ${networkId} is not an external network`);
  }
}
