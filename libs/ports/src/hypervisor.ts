import type { PortId, ServerId } from '@virga/kernel';

export type GuestPower = 'running' | 'paused' | 'shutdown' | 'crashed';

/** The image that a guest's root disk starts from: bytes are known by their hash, so a host fetches each content once. */
export interface SeedDisk {
  imageId: string;
  /** Hex SHA-512 of the image file. */
  sha512: string;
  format: 'qcow2' | 'raw';
  sizeBytes: number;
}

export interface GuestDisk {
  /** libvirt's target name: `vda`, `vdb`, … */
  target: string;
  role: 'root' | 'ephemeral' | 'swap';
  sizeBytes: number;
  /** What the disk starts as; absent for an empty one. */
  seed?: SeedDisk;
}

export interface GuestNic {
  portId: PortId;
  mac: string;
  mtu: number;
}

/** All that a host needs to make a guest exist: libvirt XML is a pure function of this. */
export interface GuestSpec {
  id: ServerId;
  /** Raised by every command for this guest; a host refuses a lower one than it has seen. */
  generation: number;
  /** The server's display name, for operators who look at the host. */
  name: string;
  projectId: string;
  userId: string;
  vcpus: number;
  memoryMebibytes: number;
  disks: GuestDisk[];
  nics: GuestNic[];
  /** SMBIOS and domain metadata facts, for example flavor name and image id. */
  facts: { flavorName: string; imageId: string };
}

/**
 * `restart` makes a guest boot once more, even when it already has the wanted power state; the same request delivered
 * again does not restart it again.
 */
export interface PowerRequest {
  id: ServerId;
  generation: number;
  power: 'running' | 'paused' | 'shutdown';
  restart?: 'soft' | 'hard';
  /**
   * How long the guest may take to follow an ACPI request before its power is cut (for `shutdown` and a soft restart);
   * 0 cuts at once, and 60 is taken where it is absent.
   */
  graceSeconds?: number;
}

export interface ObservedGuest {
  id: ServerId;
  /** The newest command that was carried out completely; one that is still under way does not count. */
  generation: number;
  power: GuestPower;
  portIds: PortId[];
}

/** A fact about one guest, or that it is gone (`power` undefined); applied by the service only if newer. */
export interface GuestReport {
  id: ServerId;
  /** As in `ObservedGuest`: seeing a command's generation here means that the command has done its work. */
  generation: number;
  power: GuestPower | undefined;
  /** What is plugged into it; empty where it is gone. */
  portIds: PortId[];
}

export interface HostResources {
  hypervisorType: string;
  hypervisorVersion: number;
  hypervisorHostname: string;
  /** Whether guests really run on hardware virtualization, found by running one. */
  hasHardwareVirtualization: boolean;
  vcpus: number;
  memoryMebibytes: number;
  memoryUsedMebibytes: number;
  diskGibibytes: number;
  diskUsedGibibytes: number;
  cpuModel: string;
  /** `os-traits` names, for example `COMPUTE_NODE`, `HW_CPU_X86_AVX2`. */
  traits: string[];
}

/** What compute needs from a hypervisor host. Every `ensure` may be repeated and says so by succeeding. */
export interface Hypervisor {
  resources(signal: AbortSignal): Promise<HostResources>;
  observe(signal: AbortSignal): Promise<ObservedGuest[]>;
  /**
   * The guest exists as specified and runs. One that exists already is changed only where the spec differs: NICs at once,
   * processors and memory if it is off. Disks that exist are never made again.
   */
  ensureGuest(spec: GuestSpec, signal: AbortSignal): Promise<void>;
  ensurePower(request: PowerRequest, signal: AbortSignal): Promise<void>;
  /** No domain, no disk file, no tap is left; leaves a tombstone so that a late `ensureGuest` is refused. */
  ensureNoGuest(id: ServerId, generation: number, signal: AbortSignal): Promise<void>;
  /** Plugged into the guest, running or not; at once and in its definition. */
  ensureNic(id: ServerId, generation: number, nic: GuestNic, signal: AbortSignal): Promise<void>;
  /** `Unavailable` where a running guest does not let go of it; then it is still plugged in. */
  ensureNoNic(id: ServerId, generation: number, portId: PortId, signal: AbortSignal): Promise<void>;
  /** The last `maxBytes` of the serial console; empty where nothing was written yet. */
  consoleOutput(id: ServerId, maxBytes: number, signal: AbortSignal): Promise<string>;
  /** Every guest as it is now, then what changes by itself or by our commands; ends when the signal aborts. */
  reports(signal: AbortSignal): AsyncIterable<GuestReport>;
}
