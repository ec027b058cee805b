import type { Turns } from '@virga/kernel';
import type { VolumeKey, VolumeSource, VolumeSpec } from '@virga/ports';
import { blocksOf, exactly, refused, type VolumeKeys } from '@virga/driver-volume-file/disks';
import type { Catalog, ImageName, SnapName } from './catalog.js';
import type { Disks } from './disks.js';
import { imageBytes, type Images } from './images.js';

/**
 * Through how many images a clone may be read before it gets a copy of its own.
 *
 * Too low: cloning copies when it need not. Too high: first reads of a block ask as many objects, and every host that has a
 * clone must be allowed to read as many images.
 */
export const CLONE_DEPTH = 8;

export interface MakerParts {
  catalog: Catalog;
  images: Images;
  disks: Disks;
  keys: VolumeKeys;
  locks: Turns;
}

/** What a new volume's record says of its image. */
export interface MadeImage {
  image: ImageName;
  parent?: ImageName;
  depth: number;
}

/** Something that does not change any more and a clone can stand on. */
interface Origin {
  image: ImageName;
  snap: SnapName;
  sizeBytes: number;
  keyId: string | undefined;
  depth: number;
}

type Record = (made: MadeImage) => Promise<void>;

/** Makes the images that volumes begin with; each is complete when it is handed to `record`. */
export class VolumeMaker {
  constructor(private readonly parts: MakerParts) {}

  async make(spec: VolumeSpec, record: Record, signal: AbortSignal): Promise<void> {
    const { source } = spec;
    if (source.kind === 'empty') return this.parts.images.making(async (image) => this.empty(image, spec, signal).then(() => record({ image, depth: 0 })));
    if (source.kind === 'image') return this.fromImage(spec, source, record, signal);
    if (source.kind === 'snapshot') return this.fromSnapshot(spec, source, record, signal);
    await this.fromVolume(spec, source, record, signal);
  }

  /** A clone of `origin` of the shape that is asked for. Callers hold what keeps the origin where it is. */
  async derive(origin: Origin, shape: { sizeBytes: number; key: VolumeKey | undefined }, record: Record, signal: AbortSignal): Promise<void> {
    const { images, disks } = this.parts;
    await images.making(async (image) => {
      const isCopied = origin.depth >= CLONE_DEPTH;
      if (isCopied) await images.copy(origin, image, signal);
      else await images.clone(origin, image, signal);
      const bytes = imageBytes(shape.sizeBytes, shape.key !== undefined);
      if (bytes > imageBytes(origin.sizeBytes, shape.key !== undefined)) await images.grow(image, bytes, signal);
      if (shape.key) await disks.growFormat({ image, key: shape.key }, shape.sizeBytes, signal);
      await record({ image, ...(!isCopied && { parent: origin.image }), depth: isCopied ? 0 : origin.depth + 1 });
    });
  }

  private async empty(image: ImageName, { sizeBytes, key }: Pick<VolumeSpec, 'sizeBytes' | 'key'>, signal: AbortSignal): Promise<void> {
    const { images, disks } = this.parts;
    if (key === undefined) return images.create(image, sizeBytes, signal);
    await disks.format(sizeBytes, key, (file) => images.load(file, image, signal), signal);
    await images.grow(image, imageBytes(sizeBytes, true), signal);
  }

  private async fromImage(spec: VolumeSpec, source: Extract<VolumeSource, { kind: 'image' }>, record: Record, signal: AbortSignal): Promise<void> {
    const { images, disks } = this.parts;
    if (source.format === 'raw' && source.sizeBytes > spec.sizeBytes) throw refused(`the image needs a volume of ${source.sizeBytes} bytes`);
    const bytes = await source.open(signal);
    try {
      await images.making(async (image) => {
        await this.empty(image, spec, signal);
        const disk = { image, key: spec.key };
        if (source.format === 'raw') await disks.write(disk, blocksOf(exactly(source.sizeBytes, bytes)), signal);
        else await disks.convert({ bytes, encodedBytes: source.sizeBytes }, disk, spec.sizeBytes, signal);
        await record({ image, depth: 0 });
      });
    } finally {
      bytes.destroy();
    }
  }

  private async fromSnapshot(spec: VolumeSpec, source: Extract<VolumeSource, { kind: 'snapshot' }>, record: Record, signal: AbortSignal): Promise<void> {
    const { catalog, locks } = this.parts;
    const find = () => catalog.snapshots.find(source.snapshotId);
    // Under the lock of the volume that it is of, so that it is not removed before the clone stands on it.
    await locks.run(find()?.volumeId ?? source.snapshotId, async () => {
      const snapshot = find();
      if (snapshot === undefined) throw refused('the snapshot to make the volume from is not in this store');
      const { image, snap, sizeBytes, keyId, depth } = snapshot;
      await this.deriveFor(spec, { image, snap, sizeBytes, keyId, depth }, record, signal);
    });
  }

  private async fromVolume(spec: VolumeSpec, source: Extract<VolumeSource, { kind: 'volume' }>, record: Record, signal: AbortSignal): Promise<void> {
    const { catalog, images, locks } = this.parts;
    await locks.run(source.volumeId, async () => {
      const volume = catalog.volumes.find(source.volumeId);
      if (volume === undefined) throw refused('the volume to make the volume from is not in this store');
      const { image, sizeBytes, keyId, depth } = volume;
      requireShape(spec, { sizeBytes, keyId }, this.parts.keys);
      await images.withSnap(image, async (snap) => {
        await this.deriveFor(spec, { image, snap, sizeBytes, keyId, depth }, record, signal);
        // The clone keeps it in the pool for as long as it is read through it.
        return 'drop';
      }, signal);
    });
  }

  private async deriveFor(spec: VolumeSpec, origin: Origin, record: Record, signal: AbortSignal): Promise<void> {
    const key = requireShape(spec, origin, this.parts.keys);
    await this.derive(origin, { sizeBytes: spec.sizeBytes, key }, record, signal);
  }
}

function requireShape(spec: VolumeSpec, origin: Pick<Origin, 'sizeBytes' | 'keyId'>, keys: VolumeKeys): VolumeKey | undefined {
  if (origin.sizeBytes > spec.sizeBytes) throw refused(`the volume needs ${origin.sizeBytes} bytes at least, as what it is made from`);
  return keys.require(origin.keyId, spec.key);
}
