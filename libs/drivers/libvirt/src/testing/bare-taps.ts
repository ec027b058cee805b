import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { PortId } from '@virga/kernel';
import type { HostNetwork, HostNic, ObservedNic } from '@virga/ports';

const run = promisify(execFile);

/** Real taps that lead nowhere, for tests of a hypervisor without a network behind it. */
export class BareTaps implements HostNetwork {
  readonly allowsOffloads = true;
  private readonly taps = new Map<PortId, string>();

  async ensureNic({ portId, mtu }: HostNic): Promise<string> {
    const tap = `tap${portId.slice(0, 11)}`;
    if (!this.taps.has(portId)) await run('ip', ['tuntap', 'add', 'dev', tap, 'mode', 'tap', 'vnet_hdr']);
    this.taps.set(portId, tap);
    await run('ip', ['link', 'set', 'dev', tap, 'mtu', String(mtu), 'up']);
    return tap;
  }

  async ensureNoNic(portId: PortId): Promise<void> {
    const tap = this.taps.get(portId);
    if (tap === undefined) return;
    await run('ip', ['link', 'delete', 'dev', tap]);
    this.taps.delete(portId);
  }

  async observeNics(): Promise<ObservedNic[]> {
    return [...this.taps].map(([portId, tap]) => ({ portId, tap }));
  }

  async repairNics(): Promise<void> {
    // Nobody else touches the taps of a test.
  }

  async ensureMetadata(): Promise<void> {
    throw new Error('Bare taps have no metadata service.');
  }

  async ensureNoMetadata(): Promise<void> {
    throw new Error('Bare taps have no metadata service.');
  }

  async observeMetadata(): Promise<string[]> {
    return [];
  }
}
