import type { Turns } from '@virga/kernel';
import type { VolumeKey, VolumeSource, VolumeSpec } from '@virga/ports';
import type { Catalog, Layer, VolumeRecord } from './catalog.js';
import { refused } from './failures.js';
import type { LayerFiles, LayerId } from './layer-files.js';
import type { Serving } from './serving.js';
import { blocksOf } from './nbd/disk-blocks.js';
import { exactly } from './image-stream.js';
import type { VolumeIo } from './volume-io.js';
import type { VolumeKeys } from './volume-keys.js';

/**
 * How many layers a clone may be read through before it gets a copy of its own.
 *
 * Too low: cloning copies when it need not. Too high: every first read of a block looks into as many files, and their
 * headers take memory for each clone.
 */
export const CLONE_DEPTH = 8;
/** Snapshots that a volume may have. Beyond it, opening the volume takes seconds and a cache per layer. */
export const SNAPSHOT_DEPTH = 128;

export interface MakerParts {
  catalog: Catalog;
  files: LayerFiles;
  serving: Serving;
  io: VolumeIo;
  keys: VolumeKeys;
  locks: Turns;
}

/** A frozen layer and what is read through it. */
interface Frozen {
  layer: LayerId;
  sizeBytes: number;
  keyId: string | undefined;
}

/**
 * Makes the layers that volumes begin with, and freezes those that they had.
 *
 * Theory of operation. A layer is recorded when its file is complete, and a volume points to it only after that; whatever
 * ends before is a file or a record that nothing points to. Freezing puts an empty layer over a volume's top: first in the
 * records, then, all at one moment, in the chains that guests have open.
 */
export class LayerMaker {
  constructor(private readonly parts: MakerParts) {}

  /** Makes the top of a new volume and hands it to `record`. */
  async makeTop(spec: VolumeSpec, record: (top: LayerId) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { source } = spec;
    if (source.kind === 'empty') return this.making(spec, undefined, (id) => this.parts.files.create(id, spec.sizeBytes, spec.key, signal), record);
    if (source.kind === 'image') return this.making(spec, undefined, (id) => this.fromImage(id, spec, source, signal), record);
    const { locks, catalog } = this.parts;
    const sourceVolume = source.kind === 'volume' ? source.volumeId : catalog.snapshots.find(source.snapshotId)?.volumeId;
    if (sourceVolume === undefined) throw refused('the snapshot to make the volume from is not in this store');
    // Under the lock of the line that it comes from, so that nothing of it is merged or collected before it is recorded.
    await locks.run(sourceVolume, async () => this.fromFrozen(spec, await this.frozenSource(source, spec.key, signal), record, signal));
  }

  /** Puts a new top over each volume and answers what was frozen, in order. Callers hold the volumes' locks. */
  async freeze(volumes: { record: VolumeRecord; key: VolumeKey | undefined }[], signal: AbortSignal): Promise<Frozen[]> {
    const { catalog, serving, keys } = this.parts;
    for (const { record } of volumes) {
      if (catalog.chain(record.top).length >= SNAPSHOT_DEPTH) throw refused(`volume ${record.id} has too many snapshots`);
    }
    // What is open must be where its record says before the record moves on.
    await serving.align(volumes.map(({ record }) => record), (record) => keyOf(volumes, record), signal);
    const frozen: Frozen[] = [];
    for (const { record, key } of volumes) {
      const { top: layer, sizeBytes, keyId } = record;
      await this.making({ sizeBytes, ...(key && { key }) }, layer, (id) => this.parts.files.create(id, sizeBytes, keys.require(keyId, key), signal),
        (top) => catalog.volumes.put({ ...record, top }));
      frozen.push({ layer, sizeBytes, keyId });
    }
    const moved = volumes.map(({ record }) => catalog.volumes.find(record.id) ?? record);
    await serving.align(moved, (record) => keyOf(volumes, record), signal);
    return frozen;
  }

  /** An empty top over a frozen layer, handed to `record`. */
  async overlay(parent: LayerId, shape: { sizeBytes: number; key?: VolumeKey | undefined }, record: (top: LayerId) => Promise<void>, signal: AbortSignal): Promise<void> {
    await this.making(shape, parent, (id) => this.parts.files.create(id, shape.sizeBytes, shape.key, signal), record);
  }

  private async fromFrozen(spec: VolumeSpec, frozen: Frozen, record: (top: LayerId) => Promise<void>, signal: AbortSignal): Promise<void> {
    if (frozen.sizeBytes > spec.sizeBytes) throw refused(`the volume needs ${frozen.sizeBytes} bytes at least, as what it is made from`);
    const chain = this.parts.catalog.chain(frozen.layer);
    const shape = { sizeBytes: spec.sizeBytes, key: this.parts.keys.require(frozen.keyId, spec.key) };
    if (chain.length < CLONE_DEPTH) return this.overlay(frozen.layer, shape, record, signal);
    await this.making(shape, undefined, (id) => this.parts.files.copy(id, chain, shape.key, shape.sizeBytes, signal), record);
  }

  private async frozenSource(source: VolumeSource, key: VolumeKey | undefined, signal: AbortSignal): Promise<Frozen> {
    const { catalog, keys } = this.parts;
    if (source.kind === 'snapshot') {
      const snapshot = catalog.snapshots.find(source.snapshotId);
      if (snapshot === undefined) throw refused('the snapshot to make the volume from is not in this store');
      return { layer: snapshot.layer, sizeBytes: snapshot.sizeBytes, keyId: snapshot.keyId };
    }
    const record = source.kind === 'volume' ? catalog.volumes.find(source.volumeId) : undefined;
    if (record === undefined) throw refused('the volume to make the volume from is not in this store');
    const [frozen] = await this.freeze([{ record, key: keys.require(record.keyId, key) }], signal);
    if (frozen === undefined) throw new Error('Freezing one volume answered nothing.');
    return frozen;
  }

  private async fromImage(id: LayerId, spec: VolumeSpec, image: Extract<VolumeSource, { kind: 'image' }>, signal: AbortSignal): Promise<void> {
    const { files, io } = this.parts;
    if (image.format === 'raw' && image.sizeBytes > spec.sizeBytes) throw refused(`the image needs a volume of ${image.sizeBytes} bytes`);
    const bytes = await image.open(signal);
    try {
      if (image.format === 'qcow2') return await files.convert(id, { bytes, encodedBytes: image.sizeBytes }, { sizeBytes: spec.sizeBytes, key: spec.key }, signal);
      await files.create(id, spec.sizeBytes, spec.key, signal);
      const layer: Layer = { id, sizeBytes: spec.sizeBytes, ...(spec.key && { keyId: spec.key.id }) };
      await io.write([layer], spec.key, blocksOf(exactly(image.sizeBytes, bytes)), signal);
    } finally {
      bytes.destroy();
    }
  }

  private async making(
    { sizeBytes, key }: { sizeBytes: number; key?: VolumeKey | undefined }, parent: LayerId | undefined,
    make: (id: LayerId) => Promise<void>, record: (id: LayerId) => Promise<void>,
  ): Promise<void> {
    const { catalog, files } = this.parts;
    await files.making(async (id) => {
      await make(id);
      await catalog.layers.put({ id, sizeBytes, ...(parent !== undefined && { parent }), ...(key && { keyId: key.id }) });
      await record(id);
    });
  }
}

function keyOf(volumes: { record: VolumeRecord; key: VolumeKey | undefined }[], wanted: VolumeRecord): VolumeKey | undefined {
  return volumes.find(({ record }) => record.id === wanted.id)?.key;
}
