import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@virga/kernel';
import { ensurePrivateDirectory, isUnfinished, readJson, removeDurably, writeDurably } from './durable-files.js';
import type { LayerId } from './layer-files.js';
import { StoreCatalog, type KeptExport, type KeptSnapshot, type KeptVolume, type Records } from './store/store-catalog.js';
import { Tombstones, type Tombstone } from './store/tombstones.js';

/** One qcow2 file: what was written since its parent was frozen. Only the top of a volume is ever written to by guests. */
export interface Layer {
  id: LayerId;
  parent?: LayerId;
  sizeBytes: number;
  keyId?: string;
}

export type ExportRecord = KeptExport;

export interface VolumeRecord extends KeptVolume {
  top: LayerId;
}

export interface SnapshotRecord extends KeptSnapshot {
  layer: LayerId;
}

/** What is kept of one kind, one file each. */
export class RecordFiles<Kept extends { id: string }> implements Records<Kept> {
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
export class Catalog extends StoreCatalog<VolumeRecord, SnapshotRecord> {
  readonly volumes: RecordFiles<VolumeRecord>;
  readonly snapshots: RecordFiles<SnapshotRecord>;
  readonly layers: RecordFiles<Layer>;
  readonly tombstones: Tombstones;
  private readonly buried: RecordFiles<Tombstone>;

  private constructor(root: string, clock: Clock) {
    super();
    this.volumes = new RecordFiles(join(root, 'volumes'));
    this.snapshots = new RecordFiles(join(root, 'snapshots'));
    this.layers = new RecordFiles(join(root, 'layer-records'));
    this.buried = new RecordFiles(join(root, 'tombstones'));
    this.tombstones = new Tombstones(this.buried, clock);
  }

  static async open(root: string, clock: Clock): Promise<Catalog> {
    const catalog = new Catalog(root, clock);
    for (const records of [catalog.volumes, catalog.snapshots, catalog.layers, catalog.buried]) await records.load();
    return catalog;
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
