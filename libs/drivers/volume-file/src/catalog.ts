import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { raise, type AttachmentId, type SnapshotId, type VolumeId } from '@virga/kernel';
import { ensurePrivateDirectory, isUnfinished, readJson, removeDurably, writeDurably } from './durable-files.js';
import { refused } from './failures.js';
import type { LayerId } from './layer-files.js';

/** One qcow2 file: what was written since its parent was frozen. Only the top of a volume is ever written to by guests. */
export interface Layer {
  id: LayerId;
  parent?: LayerId;
  sizeBytes: number;
  keyId?: string;
}

export interface ExportRecord {
  attachmentId: AttachmentId;
  generation: number;
  host: string;
  isReadOnly: boolean;
  isShared: boolean;
}

export interface VolumeRecord {
  id: VolumeId;
  /** The newest command accepted; older ones are refused. */
  generation: number;
  /** The newest command carried out. */
  carriedOut: number;
  sizeBytes: number;
  keyId?: string;
  top: LayerId;
  exports: ExportRecord[];
}

export interface SnapshotRecord {
  id: SnapshotId;
  generation: number;
  volumeId: VolumeId;
  sizeBytes: number;
  keyId?: string;
  layer: LayerId;
}

/** What is kept of one kind, one file each. */
export class Records<Kept extends { id: string }> {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly directory: string) {}

  async load(): Promise<void> {
    await ensurePrivateDirectory(this.directory);
    for (const name of await readdir(this.directory)) {
      const path = join(this.directory, name);
      if (isUnfinished(name)) await removeDurably(path);
      else this.remember(await readJson<Kept>(path));
    }
  }

  find(id: string): Kept | undefined {
    return this.kept.get(id);
  }

  all(): Kept[] {
    return [...this.kept.values()];
  }

  async put(record: Kept): Promise<void> {
    await writeDurably(this.fileOf(record.id), JSON.stringify(record));
    this.kept.set(record.id, record);
  }

  async remove(id: string): Promise<void> {
    if (!this.kept.has(id)) return;
    await removeDurably(this.fileOf(id));
    this.kept.delete(id);
  }

  private remember(record: Kept | undefined): void {
    if (record !== undefined) this.kept.set(record.id, record);
  }

  private fileOf(id: string): string {
    return join(this.directory, `${id}.json`);
  }
}

/**
 * What the store holds, in one small file per thing.
 *
 * Theory of operation. A thing exists when its record does; each record is replaced as a whole, so there is no moment at
 * which one is half written, and what needs several of them is ordered such that a crash leaves only layers that nobody
 * points to. All of it is in memory too: a lookup costs nothing, and one process owns a store.
 */
export class Catalog {
  readonly volumes: Records<VolumeRecord>;
  readonly snapshots: Records<SnapshotRecord>;
  readonly layers: Records<Layer>;

  private constructor(root: string) {
    this.volumes = new Records(join(root, 'volumes'));
    this.snapshots = new Records(join(root, 'snapshots'));
    this.layers = new Records(join(root, 'layer-records'));
  }

  static async open(root: string): Promise<Catalog> {
    const catalog = new Catalog(root);
    for (const records of [catalog.volumes, catalog.snapshots, catalog.layers]) await records.load();
    return catalog;
  }

  /** `Refused` where there is none. */
  requireVolume(id: VolumeId): VolumeRecord {
    return this.volumes.find(id) ?? raise(refused(`there is no volume ${id} in this store`));
  }

  /** `Refused` where there is none. */
  requireSnapshot(id: SnapshotId): SnapshotRecord {
    return this.snapshots.find(id) ?? raise(refused(`there is no snapshot ${id} in this store`));
  }

  findExport(attachmentId: string): { volume: VolumeRecord; record: ExportRecord } | undefined {
    for (const volume of this.volumes.all()) {
      const record = volume.exports.find((candidate) => candidate.attachmentId === attachmentId);
      if (record) return { volume, record };
    }
    return undefined;
  }

  /** The layer and everything it is read through, top first. */
  chain(top: LayerId): Layer[] {
    const chain: Layer[] = [];
    for (let id: LayerId | undefined = top; id !== undefined;) {
      const layer = this.layers.find(id);
      if (layer === undefined) throw new Error(`The store has no record of layer ${id}.`);
      chain.push(layer);
      id = layer.parent;
    }
    return chain;
  }

  /** Layers that a volume or snapshot begins with. */
  roots(): Set<LayerId> {
    return new Set([...this.volumes.all().map(({ top }) => top), ...this.snapshots.all().map(({ layer }) => layer)]);
  }

  /** Every layer that some volume or snapshot is read through. */
  reachable(): Set<LayerId> {
    const found = new Set<LayerId>();
    for (const root of this.roots()) {
      for (let id: LayerId | undefined = root; id !== undefined && !found.has(id); id = this.layers.find(id)?.parent) found.add(id);
    }
    return found;
  }
}
