import type { Readable } from 'node:stream';
import type { SnapshotId } from '@virga/kernel';
import type { Extent, ReadableSnapshot, ReadableVolume, VolumeKey } from '@virga/ports';
import { requireFree, type VolumeKeys } from '@virga/driver-volume-file/disks';
import type { Catalog, SnapshotRecord } from './catalog.js';
import { CephFailure, type CephTools } from './ceph/ceph-tools.js';
import type { Disks } from './disks.js';

/** One entry of `rbd diff --format json`. */
interface DiffEntry {
  offset: number;
  length: number;
  exists: 'true' | 'false';
}

/** What can be read of a pool: disks, and what of them holds data or has changed. Changes nothing. */
export class SnapshotReader {
  constructor(
    private readonly ceph: CephTools,
    private readonly catalog: Catalog,
    private readonly disks: Disks,
    private readonly keys: VolumeKeys,
  ) {}

  read(source: ReadableVolume, range: { first: number; last: number } | undefined, signal: AbortSignal): Promise<Readable> {
    if ('snapshotId' in source) {
      const { snapshot: { image, snap, sizeBytes }, key } = this.find(source);
      return this.disks.read({ image, snap, key }, sizeBytes, range, signal);
    }
    const volume = this.catalog.requireVolume(source.volumeId);
    requireFree(volume);
    return this.disks.read({ image: volume.image, key: this.keys.require(volume.keyId, source.key) }, volume.sizeBytes, range, signal);
  }

  async extents(source: ReadableSnapshot, signal: AbortSignal): Promise<Extent[]> {
    const { snapshot, key } = this.find(source);
    const { image, snap, sizeBytes } = snapshot;
    if (key !== undefined) {
      const entries = await this.disks.map({ image, snap, key }, signal);
      return completed(entries.filter(({ zero }) => !zero).map(({ start, length }) => ({ offset: start, length })), sizeBytes);
    }
    return completed((await this.diff(snapshot, [], signal)).filter(({ exists }) => exists === 'true'), sizeBytes);
  }

  /** Undefined also for what is encrypted: which of the image's bytes belong to which of the disk's is not known without reading. */
  async changedExtents(source: ReadableSnapshot, since: SnapshotId, signal: AbortSignal): Promise<Extent[] | undefined> {
    const { snapshot, key } = this.find(source);
    const earlier = this.catalog.snapshots.find(since);
    if (key !== undefined || earlier === undefined || earlier.image !== snapshot.image) return undefined;
    if (earlier.snap === snapshot.snap) return [];
    const entries = await this.diff(snapshot, ['--from-snap', earlier.snap], signal).catch((error: unknown) => {
      // It is the later one of the two.
      if (error instanceof CephFailure) return undefined;
      throw error;
    });
    return entries && withGrowth(entries.map(extentOf), earlier.sizeBytes, snapshot.sizeBytes);
  }

  private diff({ image, snap }: SnapshotRecord, options: string[], signal: AbortSignal): Promise<DiffEntry[]> {
    return this.ceph.rbdJson(['diff', `${image}@${snap}`, ...options], signal);
  }

  private find({ snapshotId, key }: ReadableSnapshot): { snapshot: SnapshotRecord; key: VolumeKey | undefined } {
    const snapshot = this.catalog.requireSnapshot(snapshotId);
    return { snapshot, key: this.keys.require(snapshot.keyId, key) };
  }
}

const extentOf = ({ offset, length, exists }: DiffEntry): Extent => ({ offset, length, kind: exists === 'true' ? 'data' : 'zero' });

/** Without gaps up to the disk's end: what is between the data is zeros. */
function completed(data: { offset: number; length: number }[], sizeBytes: number): Extent[] {
  const all: Extent[] = [];
  let at = 0;
  for (const { offset, length } of data) {
    if (offset > at) all.push({ offset: at, length: offset - at, kind: 'zero' });
    all.push({ offset, length, kind: 'data' });
    at = offset + length;
  }
  if (at < sizeBytes) all.push({ offset: at, length: sizeBytes - at, kind: 'zero' });
  return all;
}

/** What has been added to the disk has changed, also where nobody has written yet. */
function withGrowth(changed: Extent[], from: number, to: number): Extent[] {
  const grown = completed(changed.filter(({ offset, length }) => offset + length > from).map(({ offset, length }) => {
    const first = Math.max(offset, from);
    return { offset: first - from, length: offset + length - first };
  }), to - from);
  const before = changed.filter(({ offset }) => offset < from).map((extent) => ({ ...extent, length: Math.min(extent.length, from - extent.offset) }));
  return [...before, ...(to > from ? grown.map((extent) => ({ ...extent, offset: extent.offset + from })) : [])];
}
