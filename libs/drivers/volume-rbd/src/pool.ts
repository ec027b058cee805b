import type { VolumeId } from '@virga/kernel';
import type { ObservedStore, VolumeCapacity } from '@virga/ports';
import { withImage, type Catalog, type VolumeRecord } from './catalog.js';
import type { CephTools } from './ceph/ceph-tools.js';
import type { Exports } from './exports.js';
import type { Images } from './images.js';

interface DiskFree {
  pools: { name: string; stats: { stored: number; max_avail: number } }[];
}

/**
 * Beyond how many images a volume is given bytes of its own while nobody has it.
 *
 * Too low: clones of images are copied soon after they were made. Too high: see `CLONE_DEPTH`, at which new clones are copies.
 */
const SHORTEN_DEPTH = 4;

/** The pool as a whole: what is in it, how much room it has, and how long its chains are. */
export class Pool {
  constructor(private readonly ceph: CephTools, private readonly catalog: Catalog, private readonly images: Images) {}

  /** What the pool's quota and its replicas leave. */
  async capacity(signal: AbortSignal): Promise<VolumeCapacity> {
    const { pool } = this.ceph.access;
    const [{ pools }, { quota_max_bytes: quota }] = await Promise.all([
      this.ceph.cephJson<DiskFree>(['df'], signal),
      this.ceph.cephJson<{ quota_max_bytes: number }>(['osd', 'pool', 'get-quota', pool], signal),
    ]);
    const stats = pools.find(({ name }) => name === pool)?.stats;
    if (stats === undefined) throw new Error(`The cluster has no pool ${pool}.`);
    const total = stats.stored + stats.max_avail;
    const totalBytes = quota > 0 ? Math.min(quota, total) : total;
    return { totalBytes, freeBytes: Math.max(0, Math.min(stats.max_avail, totalBytes - stats.stored)), ...this.catalog.promised() };
  }

  /** What has a record and is in the pool. */
  async observe(exports: Exports, signal: AbortSignal): Promise<ObservedStore> {
    // Before the images are listed: what is made meanwhile would seem to be lost.
    const [volumes, snapshots] = [this.catalog.volumes.all(), this.catalog.snapshots.all()];
    const images = await this.images.list(signal);
    return {
      volumes: volumes.filter(({ image }) => images.has(image)).map((volume) => ({
        id: volume.id, generation: volume.carriedOut, sizeBytes: volume.sizeBytes, keyId: volume.keyId,
        exports: volume.exports.map((record) => {
          const address = exports.addressOf(volume, record);
          return { attachmentId: record.attachmentId, generation: record.generation, host: record.host, address, isServed: address !== undefined };
        }),
      })),
      snapshots: snapshots.filter(({ image }) => images.has(image))
        .map(({ id, generation, volumeId, sizeBytes }) => ({ id, generation, volumeId, sizeBytes })),
    };
  }

  /**
   * Gives one volume that nobody has bytes of its own: one read through many images, or one that keeps an image in the pool which
   * nobody else needs. Under no lock, since it may take hours and disturbs nothing: a guest that comes ends it.
   */
  async shortenOne(locked: (id: VolumeId, work: () => Promise<void>) => Promise<void>, signal: AbortSignal): Promise<void> {
    const [volume] = this.catalog.volumes.all().filter((candidate) => candidate.exports.length === 0 && this.isLong(candidate));
    if (volume === undefined) return;
    await this.images.flatten(volume.image, signal);
    await locked(volume.id, async () => {
      const now = this.catalog.volumes.find(volume.id);
      if (now?.image !== volume.image) return;
      await this.catalog.volumes.put(withImage(now, { image: now.image, depth: 0 }));
    });
  }

  private isLong({ parent, depth }: VolumeRecord): boolean {
    return parent !== undefined && (depth > SHORTEN_DEPTH || !this.catalog.roots().has(parent));
  }
}
