import type { PortId } from '@virga/kernel';

export interface HostNic {
  portId: PortId;
  mac: string;
  mtu: number;
}

export interface ObservedNic {
  portId: PortId;
  tap: string;
}

/** A network's metadata service on one host: a localport in a namespace of its own, and an HTTP proxy inside. */
export interface MetadataNetwork {
  networkId: string;
  /** The network's localport (device_owner `network:distributed`). */
  portId: PortId;
  mac: string;
  /** The localport's own addresses with prefix length, for example `10.0.0.2/24`. */
  addresses: string[];
  mtu: number;
}

/** What a host does for its guests' network beside OVN itself. */
export interface HostNetwork {
  /** Whether guests may leave checksums and segmentation to the host; the userspace data path forwards what it gets. */
  readonly allowsOffloads: boolean;
  /** The tap exists, is plugged into br-int under the port's id, and is guarded where the data path needs it. Answers its name. */
  ensureNic(nic: HostNic, signal: AbortSignal): Promise<string>;
  ensureNoNic(portId: PortId, signal: AbortSignal): Promise<void>;
  observeNics(signal: AbortSignal): Promise<ObservedNic[]>;
  /** Makes true again what others may have undone (an operator's firewall that flushed ours) for every NIC that is plugged in. */
  repairNics(signal: AbortSignal): Promise<void>;
  ensureMetadata(network: MetadataNetwork, signal: AbortSignal): Promise<void>;
  ensureNoMetadata(networkId: string, signal: AbortSignal): Promise<void>;
  /** The networks whose metadata namespace exists. */
  observeMetadata(signal: AbortSignal): Promise<string[]>;
}
