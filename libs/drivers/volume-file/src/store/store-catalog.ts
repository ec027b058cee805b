import { raise, type AttachmentId, type SnapshotId, type VolumeId } from '@virga/kernel';
import type { VolumeCapacity } from '@virga/ports';
import { refused } from '../failures.js';
import type { Tombstones } from './tombstones.js';

/** One guest's way to a volume, as every store keeps it. */
export interface KeptExport {
  attachmentId: AttachmentId;
  generation: number;
  host: string;
  isReadOnly: boolean;
  isShared: boolean;
}

/** What every store keeps of a volume, beside where its bytes are. */
export interface KeptVolume {
  id: VolumeId;
  /** The newest command accepted; older ones are refused. */
  generation: number;
  /** The newest command carried out. */
  carriedOut: number;
  sizeBytes: number;
  keyId?: string;
  exports: KeptExport[];
}

/** What every store keeps of a snapshot, beside where its bytes are. */
export interface KeptSnapshot {
  id: SnapshotId;
  generation: number;
  volumeId: VolumeId;
  sizeBytes: number;
  keyId?: string;
}

/** What is kept of one kind: in memory to be looked up, and somewhere durable, where each record is replaced as a whole. */
export interface Records<Kept extends { id: string }> {
  find(id: string): Kept | undefined;
  all(): Kept[];
  /** Durable when it resolves. */
  put(record: Kept): Promise<void>;
  /** It may be gone already. */
  remove(id: string): Promise<void>;
}

/** What a store holds: a thing exists when its record does. */
export abstract class StoreCatalog<Volume extends KeptVolume, Snapshot extends KeptSnapshot> {
  abstract readonly volumes: Records<Volume>;
  abstract readonly snapshots: Records<Snapshot>;
  abstract readonly tombstones: Tombstones;

  /** `Refused` where there is none. */
  requireVolume(id: VolumeId): Volume {
    return this.volumes.find(id) ?? raise(refused(`there is no volume ${id} in this store`));
  }

  /** `Refused` where there is none. */
  requireSnapshot(id: SnapshotId): Snapshot {
    return this.snapshots.find(id) ?? raise(refused(`there is no snapshot ${id} in this store`));
  }

  findExport(attachmentId: string): { volume: Volume; record: Volume['exports'][number] } | undefined {
    for (const volume of this.volumes.all()) {
      const record = volume.exports.find((candidate) => candidate.attachmentId === attachmentId);
      if (record) return { volume, record };
    }
    return undefined;
  }

  /** What volumes and snapshots were promised. */
  promised(): Pick<VolumeCapacity, 'provisionedBytes' | 'volumes'> {
    const [volumes, snapshots] = [this.volumes.all(), this.snapshots.all()];
    return { volumes: volumes.length, provisionedBytes: [...volumes, ...snapshots].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
  }
}
