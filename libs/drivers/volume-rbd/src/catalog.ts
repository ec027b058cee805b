import { Turns, type Clock, type Id } from '@virga/kernel';
import {
  StoreCatalog, Tombstones, unavailable, type KeptExport, type KeptSnapshot, type KeptVolume, type Records, type Tombstone,
} from '@virga/driver-volume-file/disks';
import type { CephTools } from './ceph/ceph-tools.js';
import { Omap } from './ceph/omap.js';

/** An image of ours in the pool: `virga-` and 16 hex digits, never used again. */
export type ImageName = Id<'rbd-image'>;
/** A snapshot's name within its image, never used again. */
export type SnapName = Id<'rbd-snap'>;

export interface ExportRecord extends KeptExport {
  /** What opens the image, for `host` only; absent until its user exists. */
  sealed?: string;
  /** The addresses under which clients of this export were seen: what has to be cut when it ends. */
  seenAt?: string[];
}

export interface VolumeRecord extends KeptVolume {
  image: ImageName;
  /** The image that it is read through where nobody wrote. */
  parent?: ImageName;
  /** How many images it is read through at most, beside its own. */
  depth: number;
  exports: ExportRecord[];
}

export interface SnapshotRecord extends KeptSnapshot {
  image: ImageName;
  snap: SnapName;
  depth: number;
}

/** The record of a volume that is in this image from now on. */
export function withImage(volume: VolumeRecord, { image, parent, depth }: Pick<VolumeRecord, 'image' | 'parent' | 'depth'>): VolumeRecord {
  const changed = { ...volume, image, depth };
  delete changed.parent;
  return { ...changed, ...(parent !== undefined && { parent }) };
}

/** A snapshot in the pool that nothing points to yet, or nothing shall any more: what a crash leaves of it has to go. */
export interface LooseSnap {
  id: SnapName;
  image: ImageName;
}

const OBJECT = 'virga.catalog';
const OWNER = 'owner';

/** No caller's patience ends a record half way: it is written, or it is not known whether it is. */
const WRITE_WITHIN_MS = 30_000;

/** What is kept of one kind, one key of the pool's catalog each. */
export class RecordKeys<Kept extends { id: string }> implements Records<Kept> {
  private readonly kept = new Map<string, Kept>();
  /** Those of which it is not known what the pool says: it did not answer. */
  private readonly unsure = new Set<string>();
  private readonly turns = new Turns();

  constructor(private readonly omap: Pick<Omap, 'put' | 'remove'>, private readonly kind: string, loaded: Map<string, string>) {
    for (const [key, value] of loaded) {
      if (key.startsWith(`${kind}.`)) this.kept.set(key.slice(kind.length + 1), JSON.parse(value) as Kept);
    }
  }

  find(id: string): Kept | undefined {
    return this.kept.get(id);
  }

  all(): Kept[] {
    return [...this.kept.values()];
  }

  put(record: Kept): Promise<void> {
    return this.writing(record.id, async () => {
      await this.write(record.id, record);
      this.kept.set(record.id, record);
    });
  }

  remove(id: string): Promise<void> {
    return this.writing(id, async () => {
      if (!this.kept.has(id) && !this.unsure.has(id)) return;
      await this.write(id, undefined);
      this.kept.delete(id);
    });
  }

  /** What was given up may have been written all the same: the pool says again what we do, before a later process reads it. */
  async settle(): Promise<void> {
    for (const id of [...this.unsure]) {
      // Whoever was before us may have settled it.
      await this.writing(id, async () => { if (this.unsure.has(id)) await this.write(id, this.kept.get(id)); });
    }
  }

  private writing(id: string, work: () => Promise<void>): Promise<void> {
    return this.turns.run(id, work);
  }

  private async write(id: string, record: Kept | undefined): Promise<void> {
    const key = `${this.kind}.${id}`;
    const signal = AbortSignal.timeout(WRITE_WITHIN_MS);
    try {
      if (record === undefined) await this.omap.remove(key, signal);
      else await this.omap.put(key, JSON.stringify(record), signal);
      this.unsure.delete(id);
    } catch (error) {
      this.unsure.add(id);
      throw error;
    }
  }
}

/**
 * What the pool holds of ours, in one object of it.
 *
 * Theory of operation. A volume or snapshot exists when its record does. Each record is one key, written as a whole, after
 * what it points to and before what follows from it. All of it is in memory too, so a pool has one owner at a time: the
 * host whose name stands in the catalog, and there the one process that holds its directory. Another host is refused
 * until an operator, who knows that the first is gone, removes that name.
 */
export class Catalog extends StoreCatalog<VolumeRecord, SnapshotRecord> {
  readonly volumes: RecordKeys<VolumeRecord>;
  readonly snapshots: RecordKeys<SnapshotRecord>;
  readonly looseSnaps: RecordKeys<LooseSnap>;
  readonly tombstones: Tombstones;

  private constructor(omap: Omap, clock: Clock, loaded: Map<string, string>) {
    super();
    this.volumes = new RecordKeys(omap, 'volume', loaded);
    this.snapshots = new RecordKeys(omap, 'snapshot', loaded);
    this.looseSnaps = new RecordKeys(omap, 'loose-snap', loaded);
    this.tombstones = new Tombstones(new RecordKeys<Tombstone>(omap, 'tombstone', loaded), clock);
  }

  /** `DriverUnavailable` where the pool is another host's. */
  static async open(ceph: CephTools, owner: string, clock: Clock, signal: AbortSignal): Promise<Catalog> {
    const omap = new Omap(ceph, OBJECT);
    await omap.ensure(signal);
    const loaded = await omap.load(signal);
    const known = loaded.get(OWNER);
    if (known !== undefined && known !== owner) {
      throw unavailable(`pool ${ceph.access.pool} is host ${known}'s; when that is gone for good: rados -p ${ceph.access.pool} rmomapkey ${OBJECT} ${OWNER}`);
    }
    if (known === undefined) await omap.put(OWNER, owner, signal);
    return new Catalog(omap, clock, loaded);
  }

  /** The pool says what we do, also where it did not answer when it was told. */
  async settle(): Promise<void> {
    for (const records of [this.looseSnaps, this.volumes, this.snapshots]) await records.settle();
  }

  /** Images that a volume or snapshot is in. */
  roots(): Set<ImageName> {
    return new Set([...this.volumes.all(), ...this.snapshots.all()].map(({ image }) => image));
  }
}
