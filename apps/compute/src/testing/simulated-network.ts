import type { CallReply, CallRequest, MessageBody } from '@virga/contract';
import type { ensurePorts, listServerPorts, releasePorts, resolveNics, serverNicChanged, ServerNic } from '@virga/contracts-network';
import { Conflict, Invalid, newId, NotFound, Unavailable } from '@virga/kernel';

export interface SimulatedNet {
  id: string;
  name: string;
  /** The first three parts of its addresses. */
  prefix: string;
}

/** The network service, as far as compute asks it: ports by server and place, and events about them. */
export class SimulatedNetwork {
  readonly nets: SimulatedNet[] = [{ id: '11111111-1111-4111-8111-111111111111', name: 'private', prefix: '10.0.0' }];
  readonly ports = new Map<string, ServerNic & { index: number }>();
  readonly events: MessageBody<typeof serverNicChanged>[] = [];
  /** It answers nothing any more. */
  isGone = false;
  private lastAddress = 9;

  resolve({ networks, securityGroups }: CallRequest<typeof resolveNics>): CallReply<typeof resolveNics> {
    this.requireThere();
    const unknown = securityGroups.find((group) => !['default', 'web'].includes(group));
    if (unknown !== undefined) throw new NotFound('network.security-group.unknown', `Security group ${unknown} not found.`);
    return { nics: this.wanted(networks).map((wanted, index) => ({ index, ...wanted })), securityGroupIds: securityGroups.map((name) => `sg-${name}`) };
  }

  ensurePorts({ serverId, nics }: CallRequest<typeof ensurePorts>): CallReply<typeof ensurePorts> {
    this.requireThere();
    return { nics: nics.map((wanted) => facts(this.ensurePort(serverId, wanted))) };
  }

  releasePorts({ serverId, portIds }: CallRequest<typeof releasePorts>): CallReply<typeof releasePorts> {
    this.requireThere();
    const released = [...this.ports.values()].filter((port) => port.serverId === serverId && (portIds === null || portIds.includes(port.portId)));
    for (const { portId, revision } of released) {
      this.ports.delete(portId);
      this.events.push({ serverId, portId, revision: revision + 1, nic: null });
    }
    return { released: released.map(({ portId }) => portId) };
  }

  describePorts(serverIds: readonly string[]): ServerNic[] {
    this.requireThere();
    return [...this.ports.values()].filter(({ serverId }) => serverIds.includes(serverId)).map(facts);
  }

  listServers({ afterServerId, limit }: CallRequest<typeof listServerPorts>): string[] {
    this.requireThere();
    const ids = [...new Set([...this.ports.values()].map(({ serverId }) => serverId))].sort();
    return ids.filter((id) => afterServerId === null || id > afterServerId).slice(0, limit);
  }

  /** Hosts have wired these ports: they become ACTIVE, and whoever is interested is told. */
  wire(portIds: readonly string[]): void {
    for (const port of portIds.map((id) => this.ports.get(id)).filter((found) => found !== undefined)) {
      if (port.status === 'ACTIVE') continue;
      Object.assign(port, { status: 'ACTIVE', revision: port.revision + 1 });
      this.events.push({ serverId: port.serverId, portId: port.portId, revision: port.revision, nic: facts(port) });
    }
  }

  private wanted(networks: CallRequest<typeof resolveNics>['networks']): { networkId: string | null; portId: string | null; fixedIp: string | null; tag: string | null }[] {
    if (networks === 'none') return [];
    if (networks !== 'auto') {
      const unknown = networks.find(({ networkId }) => networkId !== null && !this.nets.some(({ id }) => id === networkId));
      if (unknown !== undefined) throw new NotFound('network.network.unknown', `Network ${unknown.networkId} could not be found.`);
      return networks;
    }
    const [net, ...more] = this.nets;
    if (more.length > 0) throw new Conflict('network.nics.ambiguous', 'Multiple possible networks found, use a Network ID to be more specific.');
    return net === undefined ? [] : [{ networkId: net.id, portId: null, fixedIp: null, tag: null }];
  }

  private ensurePort(serverId: string, wanted: { index: number; networkId: string | null; fixedIp: string | null }): ServerNic & { index: number } {
    const known = [...this.ports.values()].find((port) => port.serverId === serverId && port.index === wanted.index);
    if (known !== undefined) return known;
    const net = this.nets.find(({ id }) => id === wanted.networkId) ?? this.nets[0];
    if (net === undefined) throw new Invalid('network.nics.none', 'No networks found.');
    const number = ++this.lastAddress;
    const port = {
      index: wanted.index, portId: newId<'port'>(), revision: 1, serverId, networkId: net.id, networkName: net.name, mtu: 1442, status: 'DOWN', isPreserved: false,
      mac: `fa:16:3e:00:${Math.floor(number / 256).toString(16).padStart(2, '0')}:${(number % 256).toString(16).padStart(2, '0')}`,
      fixedIps: [{
        subnetId: net.id, ip: wanted.fixedIp ?? `${net.prefix}.${number % 250 + 1}`, version: 4 as const, cidr: `${net.prefix}.0/24`, gatewayIp: `${net.prefix}.1`,
        dnsNameservers: [], floatingIps: [],
      }],
      securityGroups: [{ id: 'sg-default', name: 'default' }], metadata: null,
    };
    this.ports.set(port.portId, port);
    return port;
  }

  private requireThere(): void {
    if (this.isGone) throw new Unavailable('messaging.call.timed-out', 'Network was not there in time.');
  }
}

function facts({ index: _, ...nic }: ServerNic & { index: number }): ServerNic {
  return structuredClone(nic);
}
