import type { Clock, Id } from '@virga/kernel';
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
class RecordKeys<Kept extends { id: string }> implements Records<Kept> {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly omap: Omap, private readonly kind: string, loaded: Map<string, string>) {
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

  async put(record: Kept): Promise<void> {
    await this.omap.put(`${this.kind}.${record.id}`, JSON.stringify(record), AbortSignal.timeout(WRITE_WITHIN_MS));
    this.kept.set(record.id, record);
  }

  async remove(id: string): Promise<void> {
    if (!this.kept.has(id)) return;
    await this.omap.remove(`${this.kind}.${id}`, AbortSignal.timeout(WRITE_WITHIN_MS));
    this.kept.delete(id);
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
  readonly volumes: Records<VolumeRecord>;
  readonly snapshots: Records<SnapshotRecord>;
  readonly looseSnaps: Records<LooseSnap>;
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

  /** Images that a volume or snapshot is in. */
  roots(): Set<ImageName> {
    return new Set([...this.volumes.all(), ...this.snapshots.all()].map(({ image }) => image));
  }
}
