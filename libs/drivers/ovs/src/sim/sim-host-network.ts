import type { PortId } from '@virga/kernel';
import { DriverUnavailable, type HostNetwork, type HostNic, type MetadataNetwork, type ObservedNic } from '@virga/ports';
import { requireMetadata, requireNic } from '../network-rules.js';
import { tapOf } from '../names.js';

/** A host's network in memory, as honest as the conformance suite makes it. */
export class SimHostNetwork implements HostNetwork {
  readonly allowsOffloads = true;
  private readonly nics = new Map<PortId, HostNic>();
  private readonly metadata = new Map<string, MetadataNetwork>();
  private failures = 0;

  /** The next `count` calls fail as if Open vSwitch did not answer. */
  fail(count: number): void {
    this.failures = count;
  }

  /** What was asked for, for assertions. */
  plugged(): HostNic[] {
    return [...this.nics.values()];
  }

  async ensureNic(nic: HostNic, signal: AbortSignal): Promise<string> {
    requireNic(nic);
    this.reach(signal);
    this.nics.set(nic.portId, nic);
    return tapOf(nic.portId);
  }

  async ensureNoNic(portId: PortId, signal: AbortSignal): Promise<void> {
    this.reach(signal);
    this.nics.delete(portId);
  }

  async observeNics(signal: AbortSignal): Promise<ObservedNic[]> {
    this.reach(signal);
    return [...this.nics.keys()].map((portId) => ({ portId, tap: tapOf(portId) }));
  }

  async repairNics(signal: AbortSignal): Promise<void> {
    this.reach(signal);
  }

  async ensureMetadata(network: MetadataNetwork, signal: AbortSignal): Promise<void> {
    requireMetadata(network);
    this.reach(signal);
    this.metadata.set(network.networkId, network);
  }

  async ensureNoMetadata(networkId: string, signal: AbortSignal): Promise<void> {
    this.reach(signal);
    this.metadata.delete(networkId);
  }

  async observeMetadata(signal: AbortSignal): Promise<string[]> {
    this.reach(signal);
    return [...this.metadata.keys()];
  }

  private reach(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.failures === 0) return;
    this.failures -= 1;
    throw new DriverUnavailable('ovs', { cause: new Error('a simulated failure') });
  }
}
