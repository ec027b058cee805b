import { Turns, type PortId } from '@virga/kernel';
import { Refused, type HostNetwork, type HostNic, type MetadataNetwork, type ObservedNic } from '@virga/ports';
import { HostCommands } from './host-commands.js';
import { IngressGuards } from './ingress-guards.js';
import { Links } from './links.js';
import { MetadataProxies, type ProxyOptions } from './metadata-proxy.js';
import { metadataDeviceOf, tapOf } from './names.js';
import { isId, requireId, requireMetadata, requireNic } from './network-rules.js';
import { NETWORK_KEY, PORT_KEY, VirtualSwitch, type SwitchInterface } from './vswitch.js';

export interface OvsHostNetworkOptions {
  /** Where haproxy's configurations and pid files are kept. */
  stateDirectory: string;
  /** The agent's metadata socket; make it accessible to `proxyGroup` and nobody else. */
  metadataSocket: string;
  /** Default `unix:/run/openvswitch/db.sock`. */
  database?: string;
  /** Default `br-int`. */
  bridge?: string;
  /** haproxy gives up root for these; default `haproxy`. */
  proxyUser?: string;
  proxyGroup?: string;
  /** Default `virga-`: only several hosts on one machine need different ones. */
  namespacePrefix?: string;
  /** Where this host's interfaces are, for several hosts on one machine; absent: where this process is. */
  networkNamespace?: string;
}

const METADATA_ADDRESS = '169.254.169.254/32';

/**
 * The host's side of guests' networking, by Open vSwitch, iproute2, nftables and haproxy.
 *
 * Theory of operation. OVN wires whatever interface of the integration bridge carries a logical port's name as `iface-id`,
 * so a NIC is a tap with the right external_ids, and metadata an internal port in a namespace where haproxy listens. Every
 * step looks before it acts or cannot be done twice, and everything is named after its port or network and carries the
 * whole id in external_ids, so nothing is remembered here: a crash anywhere is repaired by the same call again. Taps and
 * namespaces die with the host and Open vSwitch's database does not, so ports without their tap are removed at start:
 * otherwise this host would claim guests that live elsewhere by now.
 *
 * On the userspace data path Linux sees guests' packets too, and would answer for the host's own addresses; a drop at
 * the tap's ingress hook, behind the point where Open vSwitch takes its copy, closes that.
 */
export class OvsHostNetwork implements HostNetwork {
  private readonly turns = new Turns();

  private constructor(
    private readonly guards: IngressGuards,
    private readonly links: Links,
    private readonly vswitch: VirtualSwitch,
    private readonly proxies: MetadataProxies,
    private readonly namespacePrefix: string,
    private readonly isUserspace: boolean,
  ) {}

  /** Finds out which data path the bridge uses, removes what a dead host has left, and repairs the rest; the bridge must exist. */
  static async open(options: OvsHostNetworkOptions, signal: AbortSignal): Promise<OvsHostNetwork> {
    const { database = 'unix:/run/openvswitch/db.sock', bridge = 'br-int', namespacePrefix = 'virga-' } = options;
    const commands = new HostCommands(options.networkNamespace);
    const vswitch = new VirtualSwitch(commands, database, bridge);
    const network = new OvsHostNetwork(
      new IngressGuards(commands), new Links(commands), vswitch, new MetadataProxies(commands, proxyOptions(options)), namespacePrefix,
      await vswitch.isUserspace(signal),
    );
    await network.removeStale(signal);
    await network.repairNics(signal);
    return network;
  }

  get allowsOffloads(): boolean {
    return !this.isUserspace;
  }

  async ensureNic(nic: HostNic, signal: AbortSignal): Promise<string> {
    requireNic(nic);
    const tap = tapOf(nic.portId);
    return this.turns.run(tap, async () => {
      await this.requireFree(tap, PORT_KEY, nic.portId, signal);
      if (!(await this.links.names(signal)).has(tap)) await this.links.addTap(tap, signal);
      // Before it is up: a guest must not have a moment in which the host answers it.
      if (this.isUserspace) await this.guards.ensureAll([tap], signal);
      await this.links.bringUp(tap, nic, signal);
      await this.vswitch.plug(tap, { 'iface-id': nic.portId, 'attached-mac': nic.mac, [PORT_KEY]: nic.portId }, { isInternal: false }, signal);
      return tap;
    });
  }

  async ensureNoNic(portId: PortId, signal: AbortSignal): Promise<void> {
    requireId(portId, 'port');
    const tap = tapOf(portId);
    await this.turns.run(tap, async () => {
      const owner = (await this.vswitch.ownInterfaces(signal)).find((own) => own.name === tap)?.externalIds.get(PORT_KEY);
      // Another port's tap of the same short name stays.
      if (owner !== undefined && owner !== portId) return;
      await this.vswitch.unplug(tap, signal);
      await this.links.remove(tap, signal);
      if (this.isUserspace) await this.guards.ensureNone(tap, signal);
    });
  }

  async observeNics(signal: AbortSignal): Promise<ObservedNic[]> {
    const [own, present] = await Promise.all([this.vswitch.ownInterfaces(signal), this.links.names(signal)]);
    return own.filter(({ name }) => present.has(name)).flatMap(({ name, externalIds }) => {
      const portId = externalIds.get(PORT_KEY);
      return portId === undefined ? [] : [{ portId: portId as PortId, tap: name }];
    });
  }

  async repairNics(signal: AbortSignal): Promise<void> {
    if (!this.isUserspace) return;
    await this.guards.ensureAll((await this.observeNics(signal)).map((nic) => nic.tap), signal);
  }

  async ensureMetadata(network: MetadataNetwork, signal: AbortSignal): Promise<void> {
    requireMetadata(network);
    const [device, namespace] = [metadataDeviceOf(network.networkId), this.namespaceOf(network.networkId)];
    await this.turns.run(device, async () => {
      await this.requireFree(device, NETWORK_KEY, network.networkId, signal);
      await this.links.ensureNamespace(namespace, signal);
      await this.vswitch.plug(device, { 'iface-id': network.portId, [NETWORK_KEY]: network.networkId }, { isInternal: true }, signal);
      await this.links.moveNew(device, namespace, signal);
      const addresses = [...network.addresses, METADATA_ADDRESS];
      await this.links.configure(device, namespace, { mac: network.mac, mtu: network.mtu, addresses }, signal);
      await this.proxies.ensure(network.networkId, namespace, signal);
    });
  }

  async ensureNoMetadata(networkId: string, signal: AbortSignal): Promise<void> {
    requireId(networkId, 'network');
    const device = metadataDeviceOf(networkId);
    await this.turns.run(device, async () => {
      await this.proxies.ensureNone(networkId, signal);
      await this.vswitch.unplug(device, signal);
      await this.links.removeNamespace(this.namespaceOf(networkId), signal);
    });
  }

  async observeMetadata(signal: AbortSignal): Promise<string[]> {
    const own = (await this.links.namespaces(signal)).filter((name) => name.startsWith(this.namespacePrefix));
    // Others name theirs like ours: another cloud on this machine, or an operator. Only a whole id after the prefix is of our making.
    return own.map((name) => name.slice(this.namespacePrefix.length)).filter(isId);
  }

  private async removeStale(signal: AbortSignal): Promise<void> {
    const [own, present, networks] = await Promise.all([
      this.vswitch.ownInterfaces(signal), this.links.names(signal), this.observeMetadata(signal),
    ]);
    const isStale = ({ name, externalIds }: SwitchInterface): boolean => {
      const networkId = externalIds.get(NETWORK_KEY);
      return networkId === undefined ? !present.has(name) : !networks.includes(networkId);
    };
    for (const { name } of own.filter(isStale)) {
      await this.vswitch.unplug(name, signal);
      if (this.isUserspace) await this.guards.ensureNone(name, signal);
    }
  }

  /** Interface names carry the beginning of an id: two ids that begin alike cannot both be on one host. */
  private async requireFree(name: string, key: string, id: string, signal: AbortSignal): Promise<void> {
    const owner = (await this.vswitch.ownInterfaces(signal)).find((own) => own.name === name)?.externalIds.get(key);
    if (owner !== undefined && owner !== id) throw new Refused('ovs', `interface ${name} belongs to ${owner}`);
  }

  private namespaceOf(networkId: string): string {
    return `${this.namespacePrefix}${networkId}`;
  }
}

function proxyOptions(options: OvsHostNetworkOptions): ProxyOptions {
  const { stateDirectory, metadataSocket, proxyUser = 'haproxy', proxyGroup = 'haproxy' } = options;
  return { stateDirectory, metadataSocket, user: proxyUser, group: proxyGroup };
}
