import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import { newHexId } from '@virga/kernel';
import {
  endProcesses, MOST_BYTES, qemuImg, readBlocks, receiveImage, requirePlainImage, SECRET_ID, writeBlock, type NbdClient,
} from '@virga/driver-volume-file/disks';
import type { VolumeBlock, VolumeKey } from '@virga/ports';
import type { ImageName, SnapName } from './catalog.js';
import type { CephAccess } from './ceph/ceph-tools.js';
import { endOpenedDisks, openDisk, type BlockNode, type OpenedDisk } from './opened-disk.js';

/** A disk in the pool: an image, or what it held at a snapshot. */
export interface Disk {
  image: ImageName;
  snap?: SnapName;
  /** Present where the image is LUKS. */
  key?: VolumeKey | undefined;
}

/** One line of `qemu-img map --output=json`. */
export interface MapEntry {
  start: number;
  length: number;
  zero: boolean;
}

/** Keys come from a generator: they need no stretching of seconds. */
const KEY_STRETCHING_MS = 10;
/** A hostile image makes the converter allocate or loop; a sound one of any size needs far less memory, and a minute per 10 GiB. */
const CONVERTER_LIMITS = { memoryBytes: 8 * 1024 * 1024 * 1024, cpuSeconds: 3_600 };

/**
 * Reads and writes disks of the pool through QEMU's tools.
 *
 * Theory of operation. A plain volume is its image. An encrypted one is a qcow2 with LUKS inside its image: what nobody
 * wrote reads as zeros and takes no space, which plain LUKS cannot. Each piece of work is a `qemu-nbd` of its own that ends
 * with its connection; those of a dead process of ours are known by the directory of their sockets and ended at the next
 * start. Formats are always said and never guessed, and passphrases go through pipes.
 */
export class Disks {
  constructor(private readonly access: CephAccess, private readonly runDirectory: string, private readonly incomingDirectory: string) {}

  /** No tool that a dead process of ours had started has a disk open any more. To be called before anything else. */
  async endLeftovers(): Promise<void> {
    const { runDirectory, incomingDirectory } = this;
    await endOpenedDisks(runDirectory);
    await endProcesses((args) => args.includes('qemu-img') && args.some((arg) => arg.includes(`${incomingDirectory}/`)));
    await rm(incomingDirectory, { recursive: true, force: true });
  }

  /** Hands `work` a file with what an empty encrypted disk of `sizeBytes` begins with: a few mebibytes. */
  async format(sizeBytes: number, key: VolumeKey, work: (file: string) => Promise<void>, signal: AbortSignal): Promise<void> {
    const file = join(this.incomingDirectory, newHexId());
    const options = `compat=1.1,encrypt.format=luks,encrypt.key-secret=${SECRET_ID},encrypt.iter-time=${KEY_STRETCHING_MS}`;
    try {
      await qemuImg(['create', '-q', '-f', 'qcow2', '-o', options, file, String(sizeBytes)], signal, { passphrase: key.passphrase });
      await work(file);
    } finally {
      await rm(file, { force: true });
    }
  }

  /** The disk within an encrypted image is so large, whatever it was. Nobody else may have it open. */
  async growFormat(disk: Disk, sizeBytes: number, signal: AbortSignal): Promise<void> {
    await qemuImg(['resize', '-q', this.describe(disk), String(sizeBytes)], signal, { passphrase: disk.key?.passphrase });
  }

  async map(disk: Disk, signal: AbortSignal): Promise<MapEntry[]> {
    return JSON.parse(await qemuImg(['map', '--output=json', this.describe(disk)], signal, { passphrase: disk.key?.passphrase })) as MapEntry[];
  }

  /** The disk in a qcow2 image into a new disk of zeros; the image is looked at before any tool of QEMU touches it. */
  async convert(source: { bytes: Readable; encodedBytes: number }, target: Disk, mostBytes: number, signal: AbortSignal): Promise<void> {
    const incoming = join(this.incomingDirectory, newHexId());
    try {
      await receiveImage(source.bytes, incoming, source.encodedBytes, signal);
      await requirePlainImage(incoming, mostBytes);
      const from = `json:${JSON.stringify({ driver: 'qcow2', file: { driver: 'file', filename: incoming }, backing: null })}`;
      const to = Object.entries(flat(this.node(target))).map(([option, value]) => `${option}=${value}`).join(',');
      await qemuImg(['convert', '-n', '--target-is-zero', '--target-image-opts', from, to], signal, { passphrase: target.key?.passphrase, limits: CONVERTER_LIMITS });
    } finally {
      await rm(incoming, { force: true });
    }
  }

  /** The bytes from `first` to `last`, both included, or to the disk's end at `sizeBytes`. */
  async read(disk: Disk, sizeBytes: number, range: { first: number; last: number } | undefined, signal: AbortSignal): Promise<Readable> {
    const { client, close } = await this.open(disk, { isWritable: false }, signal);
    const stream = Readable.from(bytesOf(client, { first: range?.first ?? 0, last: Math.min(range?.last ?? Infinity, sizeBytes - 1) }), {
      objectMode: false, highWaterMark: MOST_BYTES,
    });
    // A stream that nobody ever reads from does not run its generator, nor what stands in its `finally`.
    stream.once('close', () => { close().catch(() => undefined); });
    return addAbortSignal(signal, stream);
  }

  /** Everything of `blocks` is durable when it resolves. */
  async write(disk: Disk, blocks: AsyncIterable<VolumeBlock>, signal: AbortSignal): Promise<void> {
    const { client, close } = await this.open(disk, { isWritable: true }, signal);
    try {
      for await (const block of blocks) {
        signal.throwIfAborted();
        await writeBlock(client, block);
      }
      await client.flush();
    } finally {
      await close();
    }
  }

  private open(disk: Disk, { isWritable }: { isWritable: boolean }, signal: AbortSignal): Promise<OpenedDisk> {
    const { runDirectory } = this;
    const options = { isWritable, runDirectory, ...(disk.key && { secrets: ['--object', `secret,id=${SECRET_ID},file=/dev/stdin`], input: disk.key.passphrase }) };
    return openDisk(this.node(disk), options, signal);
  }

  private describe(disk: Disk): string {
    return `json:${JSON.stringify(this.node(disk))}`;
  }

  private node({ image, snap, key }: Disk): BlockNode {
    const { pool, confFile, user } = this.access;
    const file: BlockNode = { driver: 'rbd', pool, image, conf: confFile, user, ...(snap !== undefined && { snapshot: snap }) };
    if (key === undefined) return { driver: 'raw', discard: 'unmap', file: { ...file, discard: 'unmap' } };
    return { driver: 'qcow2', discard: 'unmap', encrypt: { format: 'luks', 'key-secret': SECRET_ID }, file: { ...file, discard: 'unmap' } };
  }
}

/** A disk may be shorter than it was promised to be, until its guest is told to look: the rest is zeros. */
async function* bytesOf(client: NbdClient, { first, last }: { first: number; last: number }): AsyncGenerator<Buffer> {
  yield* readBlocks(client, first, Math.min(last, client.sizeBytes - 1));
  for (let at = Math.max(first, client.sizeBytes); at <= last; at += MOST_BYTES) yield Buffer.alloc(Math.min(MOST_BYTES, last + 1 - at));
}

/** Nested options as command lines have them: `file.driver`. */
function flat(node: BlockNode | BlockNode[], prefix = ''): Record<string, string> {
  const options: Record<string, string> = {};
  for (const [option, value] of Object.entries(node)) {
    if (typeof value === 'object') Object.assign(options, flat(value, `${prefix}${option}.`));
    else options[`${prefix}${option}`] = String(value);
  }
  return options;
}
