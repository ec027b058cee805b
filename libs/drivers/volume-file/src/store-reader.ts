import type { Readable } from 'node:stream';
import type { SnapshotId } from '@virga/kernel';
import type { Extent, ReadableSnapshot, ReadableVolume, VolumeKey } from '@virga/ports';
import type { Catalog, Layer } from './catalog.js';
import { requireFree } from './export-rules.js';
import { changedExtentsOf, extentsOf } from './extents.js';
import type { LayerFiles } from './layer-files.js';
import type { VolumeIo } from './volume-io.js';
import type { VolumeKeys } from './volume-keys.js';

/** What can be read of a store: disks, and what of them holds data or has changed. Changes nothing. */
export class StoreReader {
  constructor(
    private readonly catalog: Catalog,
    private readonly files: LayerFiles,
    private readonly io: VolumeIo,
    private readonly keys: VolumeKeys,
  ) {}

  read(source: ReadableVolume, range: { first: number; last: number } | undefined, signal: AbortSignal): Promise<Readable> {
    const { chain, key } = 'snapshotId' in source ? this.snapshot(source) : this.volume(source);
    return this.io.read(chain, key, range, signal);
  }

  extents(source: ReadableSnapshot, signal: AbortSignal): Promise<Extent[]> {
    const { chain, key } = this.snapshot(source);
    return extentsOf(this.files, chain, key, signal);
  }

  async changedExtents(source: ReadableSnapshot, since: SnapshotId, signal: AbortSignal): Promise<Extent[] | undefined> {
    const { chain, key } = this.snapshot(source);
    const earlier = this.catalog.snapshots.find(since);
    const base = earlier && this.catalog.layers.find(earlier.layer);
    return base && changedExtentsOf(this.files, chain, base, key, signal);
  }

  private snapshot({ snapshotId, key }: ReadableSnapshot): { chain: Layer[]; key: VolumeKey | undefined } {
    const { layer, keyId } = this.catalog.requireSnapshot(snapshotId);
    return { chain: this.catalog.chain(layer), key: this.keys.require(keyId, key) };
  }

  private volume({ volumeId, key }: Extract<ReadableVolume, { volumeId: unknown }>): { chain: Layer[]; key: VolumeKey | undefined } {
    const volume = this.catalog.requireVolume(volumeId);
    requireFree(volume);
    return { chain: this.catalog.chain(volume.top), key: this.keys.require(volume.keyId, key) };
  }
}
