import { Inject, Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { proxies } from '@virga/contracts-compute';
import { Invalid, isUuid, NotFound, raise } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { InterfacesRepository } from '../interfaces/index.js';
import { NETWORK_PEER, wrongRequest, type OnBehalf, type Peer } from '../peers/index.js';
import { ServerAccess, type Server } from '../servers/index.js';
import { PortOwnersRepository } from './port-owners.repository.js';

interface NetworkFloatingIp {
  id: string;
  floating_ip_address: string;
  fixed_ip_address: string | null;
  floating_network_id: string;
  port_id: string | null;
}

interface NetworkReference {
  id: string;
  name: string;
}

/** A floating IP with what Nova's clients want to know of it. */
export interface FloatingIp {
  id: string;
  address: string;
  fixedAddress: string | null;
  serverId: string | null;
  pool: string;
}

@Injectable()
export class FloatingIpsService {
  constructor(
    private readonly db: Database,
    @Inject(NETWORK_PEER) private readonly network: Peer,
    private readonly owners: PortOwnersRepository,
    private readonly interfaces: InterfacesRepository,
    private readonly servers: ServerAccess,
    private readonly policy: Policy,
  ) {}

  async list(by: OnBehalf): Promise<FloatingIp[]> {
    this.require(by, proxies.listFloatingIps.policy);
    return this.described(by, await this.find(by, { project_id: by.caller.projectId }));
  }

  async show(by: OnBehalf, id: string): Promise<FloatingIp> {
    this.require(by, proxies.showFloatingIp.policy);
    const found = (await this.network.get(by, `/v2.0/floatingips/${encodeURIComponent(id)}`))['floatingip'] as NetworkFloatingIp;
    return (await this.described(by, [found]))[0] as FloatingIp;
  }

  async create(by: OnBehalf, pool: string | undefined): Promise<FloatingIp> {
    this.require(by, proxies.createFloatingIp.policy);
    const pools = await this.externalNetworks(by);
    const chosen = pool === undefined ? pools[0] : pools.find(({ id, name }) => id === pool || name === pool);
    if (chosen === undefined) throw new NotFound('compute.floating-ip-pool.unknown', 'Floating IP pool not found.');
    const made = await this.network.post(by, '/v2.0/floatingips', { floatingip: { floating_network_id: chosen.id } });
    return (await this.described(by, [made['floatingip'] as NetworkFloatingIp]))[0] as FloatingIp;
  }

  async delete(by: OnBehalf, id: string): Promise<void> {
    this.require(by, proxies.deleteFloatingIp.policy);
    await this.network.delete(by, `/v2.0/floatingips/${encodeURIComponent(id)}`);
  }

  async pools(by: OnBehalf): Promise<string[]> {
    this.require(by, proxies.listFloatingIpPools.policy);
    return (await this.externalNetworks(by)).map(({ id, name }) => name || id);
  }

  async add(by: OnBehalf, serverId: string, address: string, fixedAddress: string | undefined): Promise<void> {
    const server = await this.servers.require(by.caller, proxies.addFloatingIp.policy, serverId);
    const target = await this.targetOf(server, fixedAddress);
    const floating = await this.byAddress(by, address);
    await this.network.put(by, `/v2.0/floatingips/${floating.id}`, { floatingip: { port_id: target.portId, fixed_ip_address: target.ip } }).catch(wrongRequest);
  }

  async remove(by: OnBehalf, serverId: string, address: string): Promise<void> {
    const server = await this.servers.require(by.caller, proxies.removeFloatingIp.policy, serverId);
    const floating = await this.byAddress(by, address);
    const ports = await this.interfaces.list(this.db, server.id);
    if (!ports.some(({ portId }) => portId === floating.port_id)) throw new Invalid('network.floating-ip.unknown', `Floating IP ${address} is not associated with instance ${serverId}.`, { status: 409 });
    await this.network.put(by, `/v2.0/floatingips/${floating.id}`, { floatingip: { port_id: null } });
  }

  /** The port and address that the floating IP shall lead to: the named one, or the first that there is. */
  private async targetOf(server: Server, fixedAddress: string | undefined): Promise<{ portId: string; ip: string }> {
    const ports = await this.interfaces.list(this.db, server.id);
    const addresses = ports.flatMap(({ portId, fixedIps }) => fixedIps.filter(({ version }) => version === 4).map(({ ip }) => ({ portId, ip })));
    const target = fixedAddress === undefined ? addresses[0] : addresses.find(({ ip }) => ip === fixedAddress);
    return target ?? raise(new Invalid('compute.server.no-fixed-ip', fixedAddress === undefined ? 'No fixed IPs associated to instance' : 'Specified fixed address not assigned to instance'));
  }

  private async byAddress(by: OnBehalf, address: string): Promise<NetworkFloatingIp> {
    const [found] = await this.find(by, { floating_ip_address: address });
    return found ?? raise(new NotFound('network.floating-ip.unknown', `Floating IP not found for address ${address}.`));
  }

  private async find(by: OnBehalf, query: Record<string, string | undefined>): Promise<NetworkFloatingIp[]> {
    return (await this.network.get(by, '/v2.0/floatingips', query))['floatingips'] as NetworkFloatingIp[];
  }

  private async externalNetworks(by: OnBehalf): Promise<NetworkReference[]> {
    return (await this.network.get(by, '/v2.0/networks', { 'router:external': 'true' }))['networks'] as NetworkReference[];
  }

  private async described(by: OnBehalf, floatingIps: readonly NetworkFloatingIp[]): Promise<FloatingIp[]> {
    if (floatingIps.length === 0) return [];
    const pools = new Map((await this.externalNetworks(by)).map(({ id, name }) => [id, name]));
    const owners = await this.owners.serversOf(this.db, floatingIps.flatMap(({ port_id: port }) => (port !== null && isUuid(port) ? [port] : [])));
    return floatingIps.map((each) => ({
      id: each.id, address: each.floating_ip_address, fixedAddress: each.fixed_ip_address, serverId: owners.get(each.port_id ?? '') ?? null,
      pool: pools.get(each.floating_network_id) || each.floating_network_id,
    }));
  }

  private require({ caller }: OnBehalf, rule: PolicyRule): void {
    this.policy.require(caller, rule, { project_id: caller.projectId });
  }
}
