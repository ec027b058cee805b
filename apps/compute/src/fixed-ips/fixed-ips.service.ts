import { Inject, Injectable } from '@nestjs/common';
import { addFixedIp, removeFixedIp } from '@virga/contracts-compute';
import { Invalid, NotFound, raise } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { InterfacesRepository, type Interface } from '../interfaces/index.js';
import { NetworkCalls } from '../network/index.js';
import { NETWORK_PEER, type OnBehalf, type Peer } from '../peers/index.js';
import { ServerAccess, type Server } from '../servers/index.js';

interface FixedIp {
  subnet_id: string;
  ip_address?: string;
}

/** Addresses of servers' ports, as older clients change them; network, asked in the caller's name, decides what may be. */
@Injectable()
export class FixedIpsService {
  constructor(
    private readonly db: Database,
    @Inject(NETWORK_PEER) private readonly peer: Peer,
    private readonly network: NetworkCalls,
    private readonly interfaces: InterfacesRepository,
    private readonly servers: ServerAccess,
  ) {}

  /** One more address in the subnet of the server's first address on that network. */
  async add(by: OnBehalf, serverId: string, networkId: string): Promise<void> {
    const server = await this.servers.require(by.caller, addFixedIp.policy, serverId);
    const nic = (await this.interfaces.list(this.db, server.id)).find((entry) => entry.networkId === networkId);
    const subnet = nic?.fixedIps[0]?.subnetId;
    if (nic === undefined || subnet === undefined) throw new NotFound('compute.server.network-unknown', `Instance ${server.id} is not on network ${networkId}.`);
    await this.change(by, server, nic, [...fixedIpsOf(nic), { subnet_id: subnet }]);
  }

  async remove(by: OnBehalf, serverId: string, address: string): Promise<void> {
    const server = await this.servers.require(by.caller, removeFixedIp.policy, serverId);
    const nic = (await this.interfaces.list(this.db, server.id)).find(({ fixedIps }) => fixedIps.some(({ ip }) => ip === address))
      ?? raise(new Invalid('compute.server.fixed-ip', `Instance ${server.id} does not have fixed IP '${address}'.`));
    await this.change(by, server, nic, fixedIpsOf(nic).filter(({ ip_address: ip }) => ip !== address));
  }

  /** Network's event would tell us soon; the caller looks at once. */
  private async change(by: OnBehalf, server: Server, nic: Interface, fixedIps: FixedIp[]): Promise<void> {
    await this.peer.put(by, `/v2.0/ports/${nic.portId}`, { port: { fixed_ips: fixedIps } });
    const facts = await this.network.describePorts([server.id], by.request.signal);
    await this.db.transaction((tx) => this.interfaces.record(tx, facts));
  }
}

function fixedIpsOf(nic: Interface): FixedIp[] {
  return nic.fixedIps.map(({ subnetId, ip }) => ({ subnet_id: subnetId, ip_address: ip }));
}
