import type { Readable } from 'node:stream';
import type { AttachmentId, PortId, ServerId, VolumeId } from '@virga/kernel';
import type { ExportAddress } from './volume-backend.js';

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

/** What a guest may use of a disk at most, per second; absent or 0 is unlimited. QEMU takes a total or its parts, not both. */
export interface DiskLimits {
  totalBytes?: number;
  readBytes?: number;
  writeBytes?: number;
  totalRequests?: number;
  readRequests?: number;
  writeRequests?: number;
}

/** Where the bytes of a volume are: an export of a storage host, or a file of this host that stands alone. */
export type DiskConnection = ExportAddress | { kind: 'file'; path: string; format: 'raw' | 'qcow2' };

/** A volume as a guest's disk; the guest finds it by its serial, the first 20 characters of the volume's id. */
export interface GuestVolume {
  attachmentId: AttachmentId;
  volumeId: VolumeId;
  /** libvirt's target name: `vda`, `vdb`, … */
  target: string;
  connection: DiskConnection;
  isReadOnly: boolean;
  /** Whether other guests may have it at the same time. */
  isShared: boolean;
  limits?: DiskLimits;
  /**
   * Where the bytes are LUKS that this host opens. `secretId` is a UUID. The host forgets passphrases when libvirt restarts,
   * so commands that start a guest bring it again.
   */
  encryption?: { secretId: string; passphrase?: string };
}

/** Which disk of a guest another volume takes the place of; `to` has the same target. */
export interface DiskSwap {
  attachmentId: AttachmentId;
  to: GuestVolume;
  /** How large the disk is, where `to` is larger: until it boots again the guest sees no more than that of it. */
  sizeBytes?: number;
}

/** What a guest's disk held at one moment. */
export interface DiskImage {
  sizeBytes: number;
  open(): Readable;
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
  /** The guest's volumes and no others; absent where they are left as they are. The first disk by target is what boots. */
  volumes?: GuestVolume[];
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
  /** Its volumes; absent where it has none. */
  attachmentIds?: AttachmentId[];
  /** Where the guest finds its disks, by target, and its NICs, by port, on its PCI bus (`0000:00:05.0`), now or when it starts next. Plugging a device in again may move it. */
  pciAddresses?: Record<string, string>;
}

/** A fact about one guest, or that it is gone (`power` undefined); applied by the service only if newer. */
export interface GuestReport {
  id: ServerId;
  /** As in `ObservedGuest`: seeing a command's generation here means that the command has done its work. */
  generation: number;
  power: GuestPower | undefined;
  /** What is plugged into it; empty where it is gone. */
  portIds: PortId[];
  /** As in `ObservedGuest`. */
  attachmentIds?: AttachmentId[];
  pciAddresses?: Record<string, string>;
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
  /** Plugged into the guest, running or not; at once and in its definition. The volume must be reachable before. */
  ensureDisk(id: ServerId, generation: number, volume: GuestVolume, signal: AbortSignal): Promise<void>;
  /** Resolves when the guest has let go of it; `Unavailable` where it does not, and then it is still plugged in. */
  ensureNoDisk(id: ServerId, generation: number, attachmentId: AttachmentId, signal: AbortSignal): Promise<void>;
  /** A running guest sees that its volume, which has grown already, is of this size. */
  ensureDiskSize(id: ServerId, generation: number, disk: { attachmentId: AttachmentId; sizeBytes: number }, signal: AbortSignal): Promise<void>;
  ensureDiskLimits(id: ServerId, generation: number, disk: { attachmentId: AttachmentId; limits: DiskLimits }, signal: AbortSignal): Promise<void>;
  /**
   * `swap.to` holds all that the guest's disk `swap.attachmentId` does, and gets every further write before the guest is told that it was done. Takes as long as
   * copying takes; one that was given up goes on, and is found again. `ensureDisk` of the disk that is copied ends it. `Refused` where the guest does not run:
   * nothing is copied then.
   */
  ensureDiskCopied(id: ServerId, generation: number, swap: DiskSwap, signal: AbortSignal): Promise<void>;
  /** The guest uses `swap.to` in the place of the disk, from one request to the next. `Refused` where no copy of it is complete: then it uses the disk as before. */
  ensureDiskSwapped(id: ServerId, generation: number, swap: DiskSwap, signal: AbortSignal): Promise<void>;
  /**
   * A file of that name holds all that the guest's root disk holds now, as a qcow2 that stands alone; the guest goes on meanwhile. One that is there already stays
   * as it is. `Refused` where the guest's root disk is not this host's.
   */
  ensureDiskImage(id: ServerId, generation: number, name: string, signal: AbortSignal): Promise<void>;
  /** Gives that file to `use`, which may be repeated. `Refused` where there is none. */
  useDiskImage(id: ServerId, generation: number, name: string, use: (image: DiskImage, signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
  ensureNoDiskImage(id: ServerId, generation: number, name: string, signal: AbortSignal): Promise<void>;
  /** The last `maxBytes` of the serial console; empty where nothing was written yet. */
  consoleOutput(id: ServerId, maxBytes: number, signal: AbortSignal): Promise<string>;
  /** Every guest as it is now, then what changes by itself or by our commands; ends when the signal aborts. */
  reports(signal: AbortSignal): AsyncIterable<GuestReport>;
}
