import type { HostCommands } from './host-commands.js';

/** An interface of Open vSwitch that we made: `externalIds` says for whom. */
export interface SwitchInterface {
  name: string;
  externalIds: ReadonlyMap<string, string>;
}

/** Keys under which our interfaces carry the ids of what they are for. */
export const PORT_KEY = 'virga-port';
export const NETWORK_KEY = 'virga-network';

/** How long Open vSwitch may take to make a change real; the command fails after it. */
const APPLY_WITHIN_SECONDS = 15;

type OvsMap = ['map', [string, string][]];

/** Open vSwitch on this host, by ovs-vsctl: each call is one transaction and returns when the switch has applied it. */
export class VirtualSwitch {
  constructor(private readonly commands: HostCommands, private readonly database: string, private readonly bridge: string) {}

  /** `netdev` is the userspace data path; an empty answer is the kernel's. */
  async isUserspace(signal: AbortSignal): Promise<boolean> {
    const type = await this.vsctl(['get', 'Bridge', this.bridge, 'datapath_type'], signal);
    return type.trim().replaceAll('"', '') === 'netdev';
  }

  /** Only what carries our ids: the rest of the switch is others' business. */
  async ownInterfaces(signal: AbortSignal): Promise<SwitchInterface[]> {
    const answer = await this.vsctl(['--format=json', '--columns=name,external_ids', 'list', 'Interface'], signal);
    const { data } = JSON.parse(answer) as { data: [string, OvsMap][] };
    return data
      .map(([name, [, pairs]]) => ({ name, externalIds: new Map(pairs) }))
      .filter(({ externalIds }) => externalIds.has(PORT_KEY) || externalIds.has(NETWORK_KEY));
  }

  async plug(name: string, externalIds: Record<string, string>, options: { isInternal: boolean }, signal: AbortSignal): Promise<void> {
    await this.vsctl([
      '--may-exist', 'add-port', this.bridge, name, '--', 'set', 'Interface', name, ...(options.isInternal ? ['type=internal'] : []),
      // MAC addresses contain the colons by which ovs-vsctl separates.
      ...Object.entries(externalIds).map(([key, value]) => `external_ids:${key}="${value}"`),
    ], signal);
  }

  async unplug(name: string, signal: AbortSignal): Promise<void> {
    await this.vsctl(['--if-exists', 'del-port', this.bridge, name], signal);
  }

  private vsctl(options: string[], signal: AbortSignal): Promise<string> {
    return this.commands.run('ovs-vsctl', [`--db=${this.database}`, `--timeout=${APPLY_WITHIN_SECONDS}`, ...options], signal);
  }
}
