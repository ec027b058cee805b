import type { Readable } from 'node:stream';
import type { AttachmentId, SnapshotId, VolumeId } from '@virga/kernel';

/**
 * What opens an encrypted volume. The id names it without telling it, and may be kept and logged; the passphrase is only
 * ever held in memory, and must come from a generator (it is stretched little).
 */
export interface VolumeKey {
  id: string;
  passphrase: string;
}

/** What a volume starts as. Only `empty` and `image` may be of another key than what they come from. */
export type VolumeSource =
  | { kind: 'empty' }
  | { kind: 'snapshot'; snapshotId: SnapshotId }
  /** As it is at one moment, also while a guest writes to it. */
  | { kind: 'volume'; volumeId: VolumeId }
  /** `open` is called only where the volume has to be made; `sizeBytes` is the size of the file, not of the disk in it. */
  | { kind: 'image'; format: 'raw' | 'qcow2'; sizeBytes: number; open: (signal: AbortSignal) => Promise<Readable> };

export interface VolumeSpec {
  id: VolumeId;
  /** Raised by every command for this volume; a lower one than was seen is refused. */
  generation: number;
  /** A multiple of 512. */
  sizeBytes: number;
  source: VolumeSource;
  /** Present for an encrypted volume, which holds no plain text anywhere. */
  key?: VolumeKey;
}

export interface SnapshotRequest {
  id: SnapshotId;
  generation: number;
  volumeId: VolumeId;
  /** Needed where the volume is encrypted. */
  key?: VolumeKey;
}

export interface ResizeRequest {
  id: VolumeId;
  generation: number;
  sizeBytes: number;
  key?: VolumeKey;
}

export interface RevertRequest {
  id: VolumeId;
  generation: number;
  snapshotId: SnapshotId;
  key?: VolumeKey;
}

export interface WriteRequest {
  id: VolumeId;
  generation: number;
  key?: VolumeKey;
}

/** One guest's way to a volume. */
export interface ExportRequest {
  /** The attachment is what is fenced: each has its own generation. */
  attachmentId: AttachmentId;
  generation: number;
  volumeId: VolumeId;
  /** The compute host that may open it, and nobody else. */
  host: string;
  isReadOnly: boolean;
  /** Whether others may have the volume at the same time: multiattach, or both hosts of a live migration. */
  isShared: boolean;
  key?: VolumeKey;
}

/** Where a host finds an export; it stays the same for as long as the export exists, also when the storage host restarts. */
export type ExportAddress =
  | { kind: 'nbd-unix'; socketPath: string; exportName: string }
  /** Mutual TLS: the host shows its certificate. */
  | { kind: 'nbd-tls'; address: string; port: number; exportName: string }
  | RbdAddress;

/** An image of a Ceph cluster, which the host opens by itself as a user that exists for this export alone. */
export interface RbdAddress {
  kind: 'rbd';
  monitors: { address: string; port: number }[];
  pool: string;
  image: string;
  /** Without `client.`. */
  user: string;
  /** Whether the image is a qcow2 with LUKS that the host has to open; otherwise it is the disk itself. */
  isEncrypted: boolean;
  /** The user's key, and the passphrase where it is encrypted: `StoreCredentials` sealed for this host and `purposeOf` the address. */
  sealed: string;
}

/** What the credentials of an address are for. */
export const purposeOf = ({ pool, image, user }: Pick<RbdAddress, 'pool' | 'image' | 'user'>): string => `rbd ${user} ${pool}/${image}`;

export interface VolumeCapabilities {
  isThin: boolean;
  isEncrypting: boolean;
  /** Whether a volume grows while a guest uses it. */
  growsAttached: boolean;
  /** Whether several volumes can be snapshotted at one point in time. */
  snapshotsTogether: boolean;
  isMultiattach: boolean;
}

/** For placement; over-subscription is the caller's decision. */
export interface VolumeCapacity {
  totalBytes: number;
  freeBytes: number;
  /** The sum of the sizes that volumes and snapshots were promised. */
  provisionedBytes: number;
  volumes: number;
}

export interface ObservedExport {
  attachmentId: AttachmentId;
  generation: number;
  host: string;
  /** Undefined where there is none now: export it again. */
  address: ExportAddress | undefined;
  /** False where the store cannot serve it now, for example because it restarted and lacks the key: export it again. */
  isServed: boolean;
}

export interface ObservedVolume {
  id: VolumeId;
  /** The newest command that was carried out completely. */
  generation: number;
  sizeBytes: number;
  keyId: string | undefined;
  exports: ObservedExport[];
}

export interface ObservedSnapshot {
  id: SnapshotId;
  generation: number;
  volumeId: VolumeId;
  sizeBytes: number;
}

export interface ObservedStore {
  volumes: ObservedVolume[];
  snapshots: ObservedSnapshot[];
}

/** A piece of a volume; `zero` reads as zeros and takes no space. Extents come in order and without gaps. */
export interface Extent {
  offset: number;
  length: number;
  kind: 'data' | 'zero';
}

export interface VolumeBlock {
  offset: number;
  bytes: Buffer;
}

export interface ReadableSnapshot {
  snapshotId: SnapshotId;
  /** Needed where it is encrypted. */
  key?: VolumeKey;
}

/** A snapshot, or a volume that nobody has attached. */
export type ReadableVolume =
  | ReadableSnapshot
  | { volumeId: VolumeId; key?: VolumeKey };

/**
 * What block storage needs from a place that keeps volumes. Every `ensure` may be repeated and says so by succeeding; a
 * command older than what was seen throws `Outdated`, also after its volume, snapshot or export is gone. What a command
 * has answered for is durable. A volume reads as zeros where nobody wrote, and what is removed is readable by nobody.
 */
export interface VolumeBackend {
  readonly capabilities: VolumeCapabilities;
  capacity(signal: AbortSignal): Promise<VolumeCapacity>;
  /** Everything that is kept, complete or not at all: nothing half made is ever seen. */
  observe(signal: AbortSignal): Promise<ObservedStore>;
  /** The volume exists. One that exists is never made again, whatever its source says. `Refused` where the source does not fit. */
  ensureVolume(spec: VolumeSpec, signal: AbortSignal): Promise<void>;
  /** At least so large; guests that have it see it after their next look. `Refused` where it is larger already. */
  ensureSize(request: ResizeRequest, signal: AbortSignal): Promise<void>;
  /** All of them at one point in time, those of attached volumes too; either all come to exist now or, if some did, the rest. */
  ensureSnapshots(requests: SnapshotRequest[], signal: AbortSignal): Promise<void>;
  /** What the volume held at the snapshot, once per generation; `Refused` while it is exported. */
  ensureReverted(request: RevertRequest, signal: AbortSignal): Promise<void>;
  /** Clones made from it stay. */
  ensureNoSnapshot(id: SnapshotId, generation: number, signal: AbortSignal): Promise<void>;
  /** Leaves a tombstone. `Refused` while it is exported. Its snapshots and clones stay. */
  ensureNoVolume(id: VolumeId, generation: number, signal: AbortSignal): Promise<void>;
  /** `Refused` where others have the volume and either side does not share it. */
  ensureExport(request: ExportRequest, signal: AbortSignal): Promise<ExportAddress>;
  /** After this the host can reach the volume no more, whatever state it is in; leaves a tombstone. This is the proof of fencing. */
  ensureNoExport(attachmentId: AttachmentId, generation: number, signal: AbortSignal): Promise<void>;
  /** The disk's bytes from `range.first` to `range.last`, both included, or all. `Refused` for a volume that is exported. */
  read(source: ReadableVolume, range: { first: number; last: number } | undefined, signal: AbortSignal): Promise<Readable>;
  /** What holds data in the snapshot. */
  extents(snapshot: ReadableSnapshot, signal: AbortSignal): Promise<Extent[]>;
  /**
   * What may differ between the two snapshots: the rest is the same. Undefined where that is not known (`since` is gone, or
   * of another line): then everything must be compared.
   */
  changedExtents(snapshot: ReadableSnapshot, since: SnapshotId, signal: AbortSignal): Promise<Extent[] | undefined>;
  /** Durable when it resolves. A failure leaves some blocks written: do it again. `Refused` while the volume is exported. */
  write(request: WriteRequest, blocks: AsyncIterable<VolumeBlock>, signal: AbortSignal): Promise<void>;
  /**
   * Brings back what should be served and is not, and collects what nobody needs any more; also shortens what reads have to
   * walk through. To be called now and then; safe to give up at any moment.
   */
  tend(signal: AbortSignal): Promise<void>;
}
