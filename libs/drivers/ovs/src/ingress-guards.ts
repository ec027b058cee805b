import type { HostCommands } from './host-commands.js';

const TABLE = 'netdev virga_guard';

/**
 * Keeps Linux from hearing what guests send where the userspace data path copies packets from their taps: one dropping
 * chain per tap, at the ingress hook. Older kernels remove a chain with its device, newer ones keep it for the next
 * device of that name, so it is removed by name, whether it is there or not.
 */
export class IngressGuards {
  constructor(private readonly commands: HostCommands) {}

  async ensureAll(devices: string[], signal: AbortSignal): Promise<void> {
    const chains = devices.map((device) =>
      `add chain ${TABLE} ${chainOf(device)} { type filter hook ingress device "${device}" priority 0; policy drop; }`);
    await this.apply([`add table ${TABLE}`, ...chains], signal);
  }

  async ensureNone(device: string, signal: AbortSignal): Promise<void> {
    const chain = `${TABLE} ${chainOf(device)}`;
    await this.apply([`add table ${TABLE}`, `add chain ${chain}`, `delete chain ${chain}`], signal);
  }

  /** One transaction. */
  private async apply(statements: string[], signal: AbortSignal): Promise<void> {
    await this.commands.run('nft', [statements.join('; ')], signal);
  }
}

const chainOf = (device: string): string => `g_${device}`;
