import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { newHexId, type Id } from '@virga/kernel';
import type { VolumeKey } from '@virga/ports';
import type { Layer } from './catalog.js';
import { ensurePrivateDirectory, syncPath } from './durable-files.js';
import { requirePlainImage } from './image-header.js';
import { receiveImage } from './image-stream.js';
import { endLeftoverTools, SECRET_ID, qemuImg } from './qemu/qemu-img.js';

/** 16 hex digits: node names of QEMU, which carry it, end at 31 characters. */
export type LayerId = Id<'layer'>;

const SUFFIX = '.qcow2';
const INCOMING = '.incoming';
const MEBIBYTE = 1024 * 1024;
/** The default stretches for seconds per layer, which is for words that people remember; ours come from a generator. */
const KEY_STRETCHING_MS = 10;
/** A hostile image makes the converter allocate or loop; a sound one of any size needs far less memory, and a minute per 10 GiB. */
const CONVERTER_LIMITS = { memoryBytes: 4 * 1024 * MEBIBYTE, cpuSeconds: 3_600 };

/** A description of a layer that QEMU opens without asking its bytes what they are. */
export interface BlockNode { [option: string]: string | boolean | null | BlockNode }

/**
 * The qcow2 files of a store.
 *
 * Theory of operation. Names are random and never used again. A file is complete and synced before anybody records it, so
 * whatever a crash leaves half made is a name that no record knows, which the collector removes. How layers stand on each
 * other is only in our records: the chain is always spelled out to QEMU, and what headers say about it is ignored.
 */
export class LayerFiles {
  private readonly inTheMaking = new Set<LayerId>();

  constructor(private readonly directory: string) {}

  /** To be called by the process that has the store, before anything else. */
  async open(): Promise<void> {
    await endLeftoverTools(this.directory);
    await ensurePrivateDirectory(this.directory);
  }

  pathOf(id: LayerId): string {
    return join(this.directory, `${id}${SUFFIX}`);
  }

  /** The id stays out of the collector's hands until `work`, which records it, has ended. */
  async making<Result>(work: (id: LayerId) => Promise<Result>): Promise<Result> {
    const id = newHexId().slice(0, 16) as LayerId;
    this.inTheMaking.add(id);
    try {
      return await work(id);
    } catch (error) {
      await this.remove(id);
      throw error;
    } finally {
      this.inTheMaking.delete(id);
    }
  }

  /** An empty layer; over a parent it shows the parent. */
  async create(id: LayerId, sizeBytes: number, key: VolumeKey | undefined, signal: AbortSignal): Promise<void> {
    const path = this.pathOf(id);
    await qemuImg(['create', '-q', '-f', 'qcow2', ...creationOptions(key), path, String(sizeBytes)], signal, { passphrase: key?.passphrase });
    await this.settle(path);
  }

  /** A layer that stands alone and holds what the chain shows. */
  async copy(id: LayerId, chain: Layer[], key: VolumeKey | undefined, sizeBytes: number, signal: AbortSignal): Promise<void> {
    const path = this.pathOf(id);
    await qemuImg(
      ['convert', '-O', 'qcow2', ...creationOptions(key), `json:${JSON.stringify(this.describe(chain))}`, path],
      signal, { passphrase: key?.passphrase },
    );
    await this.grow([{ id, sizeBytes, ...(key && { keyId: key.id }) }], key, sizeBytes, signal);
    await this.settle(path);
  }

  /** The disk in a qcow2 image; the image is of `encodedBytes` and is looked at before any tool of QEMU touches it. */
  async convert(
    id: LayerId, image: { bytes: Readable; encodedBytes: number }, target: { sizeBytes: number; key: VolumeKey | undefined }, signal: AbortSignal,
  ): Promise<void> {
    const incoming = join(this.directory, `${id}${INCOMING}`);
    try {
      await receiveImage(image.bytes, incoming, image.encodedBytes, signal);
      await requirePlainImage(incoming, target.sizeBytes);
      const source = JSON.stringify({ driver: 'qcow2', file: { driver: 'file', filename: incoming }, backing: null });
      await qemuImg(
        ['convert', '-O', 'qcow2', ...creationOptions(target.key), `json:${source}`, this.pathOf(id)],
        signal, { passphrase: target.key?.passphrase, limits: CONVERTER_LIMITS },
      );
    } finally {
      await rm(incoming, { force: true });
    }
    await this.grow([{ id, sizeBytes: target.sizeBytes, ...(target.key && { keyId: target.key.id }) }], target.key, target.sizeBytes, signal);
    await this.settle(this.pathOf(id));
  }

  /** Makes the top of a chain that nobody has open so large. */
  async grow(chain: Layer[], key: VolumeKey | undefined, sizeBytes: number, signal: AbortSignal): Promise<void> {
    await qemuImg(['resize', '-q', `json:${JSON.stringify(this.describe(chain))}`, String(sizeBytes)], signal, { passphrase: key?.passphrase });
  }

  /** The chain as one nested description for a command line tool; encrypted layers are opened by `SECRET_ID`. */
  describe([top, ...below]: Layer[]): BlockNode | null {
    if (top === undefined) return null;
    return { ...this.node(top, SECRET_ID), backing: this.describe(below) };
  }

  /** One layer without what it stands on. */
  node(layer: Layer, secretId: string): BlockNode {
    return {
      driver: 'qcow2', discard: 'unmap', file: { driver: 'file', filename: this.pathOf(layer.id), discard: 'unmap', locking: 'on' },
      ...(layer.keyId !== undefined && { encrypt: { format: 'luks', 'key-secret': secretId } }),
    };
  }

  isInTheMaking(id: LayerId): boolean {
    return this.inTheMaking.has(id);
  }

  async remove(id: LayerId): Promise<void> {
    await rm(this.pathOf(id), { force: true });
  }

  /** Removes every file that is neither known nor being made by a command under way. */
  async collect(isKnown: (id: LayerId) => boolean): Promise<void> {
    for (const name of await readdir(this.directory)) {
      const id = name.slice(0, name.indexOf('.')) as LayerId;
      if (!isKnown(id) && !this.inTheMaking.has(id)) await rm(join(this.directory, name), { force: true });
    }
  }

  private async settle(path: string): Promise<void> {
    await syncPath(path);
    await syncPath(this.directory);
  }
}

function creationOptions(key: VolumeKey | undefined): string[] {
  const options = ['compat=1.1', 'lazy_refcounts=off'];
  if (key) options.push('encrypt.format=luks', `encrypt.key-secret=${SECRET_ID}`, `encrypt.iter-time=${KEY_STRETCHING_MS}`);
  return ['-o', options.join(',')];
}

/** A short name of something for QEMU, where the whole id has no room; as unique as twelve hex digits of a hash. */
export const shortName = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 12);
