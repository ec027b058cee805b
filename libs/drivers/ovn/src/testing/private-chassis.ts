import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endDaemon, eventually, run, runIn } from './processes.js';
import type { PrivateOvn } from './private-ovn.js';

/** A guest's or the outside's end of a wire: a network namespace with one card, `eth0`. */
export interface Wire {
  namespace: string;
  /** Runs a program there and answers what it prints. */
  run(program: string, ...args: string[]): Promise<string>;
  /** Asks for a lease like a guest and configures what comes; answers the lease's variables (`ip`, `mtu`, `staticroutes`, …). */
  lease(): Promise<Record<string, string>>;
  /** Whether one ping of the address is answered. */
  reaches(address: string): Promise<boolean>;
}

/** A hypervisor host: OVS with the userspace data path and ovn-controller in a network namespace of their own. */
export interface PrivateChassis {
  readonly name: string;
  /** Plugs a port: a namespace whose card has the port's MAC, as a tap's guest would. */
  plug(portId: string, mac: string): Promise<Wire>;
  /** Takes the port's card away. */
  unplug(portId: string): Promise<void>;
  /** A machine on the physical network. */
  outside(address: string): Promise<Wire>;
  /** Runs `ovs-vsctl` on it. */
  vsctl(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** What udhcpc runs: it sets the address, MTU and routes, and prints what it was told. */
const LEASE_SCRIPT = `#!/bin/sh
[ "$1" = bound ] || exit 0
for name in ip mask mtu router staticroutes dns domain lease serverid; do eval "echo $name=\\"\\$$name\\""; done
ip addr replace "$ip/$mask" dev "$interface"
[ -z "$mtu" ] || ip link set "$interface" mtu "$mtu"
set -- $staticroutes
while [ $# -ge 2 ]; do ip route replace "$1" via "$2" onlink dev "$interface"; shift 2; done
[ -n "$staticroutes" ] || [ -z "$router" ] || ip route replace default via "$router"
`;

/**
 * Starts a host on a private OVN, with `physnet1` bridged. Needs root and the packages openvswitch-switch, ovn-host, iproute2,
 * nftables, ethtool, busybox and iputils-ping. `stop` removes its namespaces, and with them every card.
 */
export async function startPrivateChassis(ovn: PrivateOvn, name: string): Promise<PrivateChassis> {
  const chassis = new Chassis(ovn, name);
  try {
    await chassis.start();
  } catch (error) {
    await chassis.stop();
    throw error;
  }
  return chassis;
}

class Chassis implements PrivateChassis {
  private readonly dir: string;
  private readonly prefix = `vt${randomBytes(3).toString('hex')}`;
  private readonly host = `${this.prefix}-host`;
  private readonly namespaces: string[] = [];
  private readonly cards = new Map<string, string>();
  private wires = 0;

  constructor(private readonly ovn: PrivateOvn, readonly name: string) {
    this.dir = join(ovn.dir, name);
  }

  async start(): Promise<void> {
    const { dir } = this;
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, 'lease'), LEASE_SCRIPT, { mode: 0o755 });
    await this.addNamespace(this.host);
    await runIn(dir, 'ovsdb-tool', 'create', `${dir}/conf.db`, '/usr/share/openvswitch/vswitch.ovsschema');
    await this.daemon('ovsdb-server', 'ovsdb', `${dir}/conf.db`, `--remote=punix:${dir}/db.sock`, `--unixctl=${dir}/ovsdb.ctl`);
    await this.vsctl('--no-wait', 'init');
    await this.vsctl('--no-wait', 'set', 'Open_vSwitch', '.', ...[
      `system-id=${this.name}`, `hostname=${this.name}`, `ovn-remote=${this.ovn.southbound}`, 'ovn-encap-type=geneve',
      'ovn-encap-ip=127.0.0.1', 'ovn-bridge=br-int', 'ovn-bridge-datapath-type=netdev', 'ovn-bridge-mappings=physnet1:br-ex',
    ].map((setting) => `external_ids:${setting}`));
    await this.daemon('ovs-vswitchd', 'vswitchd', `unix:${dir}/db.sock`, `--unixctl=${dir}/vswitchd.ctl`);
    for (const [bridge, mode] of [['br-int', 'secure'], ['br-ex', 'standalone']] as const) {
      await this.vsctl('add-br', bridge, '--', 'set', 'bridge', bridge, 'datapath_type=netdev', `fail-mode=${mode}`, 'other-config:disable-in-band=true');
    }
    await this.daemon('ovn-controller', 'controller', `unix:${dir}/db.sock`);
    await eventually('the host to register', async () => (await this.ovn.sbctl('--bare', '--columns=name', 'list', 'chassis')).split(/\s+/).includes(this.name));
  }

  async vsctl(...args: string[]): Promise<string> {
    return runIn(this.dir, 'ovs-vsctl', `--db=unix:${this.dir}/db.sock`, ...args);
  }

  async plug(portId: string, mac: string): Promise<Wire> {
    const { wire, card } = await this.wire(mac);
    this.cards.set(portId, card);
    await this.vsctl('add-port', 'br-int', card, '--', 'set', 'interface', card, `external_ids:iface-id=${portId}`);
    return wire;
  }

  async unplug(portId: string): Promise<void> {
    const card = this.cards.get(portId);
    if (card !== undefined) await this.vsctl('--if-exists', 'del-port', 'br-int', card);
  }

  async outside(address: string): Promise<Wire> {
    const { wire, card } = await this.wire();
    await wire.run('ip', 'addr', 'add', address, 'dev', 'eth0');
    await this.vsctl('add-port', 'br-ex', card);
    return wire;
  }

  async stop(): Promise<void> {
    for (const daemon of ['controller', 'vswitchd', 'ovsdb']) await endDaemon(`${this.dir}/${daemon}.pid`);
    for (const namespace of this.namespaces.splice(0)) await run('ip', 'netns', 'delete', namespace);
  }

  private async addNamespace(namespace: string): Promise<void> {
    await run('ip', 'netns', 'add', namespace);
    this.namespaces.push(namespace);
    await run('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
  }

  private async daemon(program: string, name: string, ...args: string[]): Promise<void> {
    await runIn(this.dir, 'ip', 'netns', 'exec', this.host, program, ...args, `--pidfile=${this.dir}/${name}.pid`, `--log-file=${this.dir}/${name}.log`,
      '--detach', '-vconsole:off');
  }

  /** A veth from the host to a new namespace. */
  private async wire(mac?: string): Promise<{ wire: Wire; card: string }> {
    const number = ++this.wires;
    const [namespace, card] = [`${this.prefix}-${number}`, `w${number}`];
    await this.addNamespace(namespace);
    await run('ip', 'link', 'add', card, 'netns', this.host, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
    if (mac !== undefined) await run('ip', '-n', namespace, 'link', 'set', 'eth0', 'address', mac);
    // The userspace data path hands on checksums as they are; a card that leaves them to hardware would send none.
    await run('ip', 'netns', 'exec', namespace, 'ethtool', '-K', 'eth0', 'tx', 'off');
    // It reads the card beside the host's own stack, which must not answer the guest.
    await run('ip', 'netns', 'exec', this.host, 'nft', 'add table netdev guard; '
      + `add chain netdev guard ${card} { type filter hook ingress device ${card} priority 0; policy drop; }`);
    await run('ip', '-n', this.host, 'link', 'set', card, 'up');
    await run('ip', '-n', namespace, 'link', 'set', 'eth0', 'up');
    return { wire: this.inside(namespace), card };
  }

  private inside(namespace: string): Wire {
    const inside = async (program: string, ...args: string[]): Promise<string> => run('ip', 'netns', 'exec', namespace, program, ...args);
    return {
      namespace,
      run: inside,
      lease: async () => {
        const printed = await inside('busybox', 'udhcpc', '-f', '-n', '-q', '-t', '20', '-T', '1', '-i', 'eth0', '-O', 'mtu', '-O', 'staticroutes', '-s', join(this.dir, 'lease'));
        return Object.fromEntries(printed.split('\n').map((line) => line.split(/=(.*)/s) as [string, string]));
      },
      reaches: async (address) => inside('ping', '-c', '1', '-W', '1', address).then(() => true, () => false),
    };
  }
}
