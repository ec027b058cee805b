import type { VolumeBlock } from '@virga/ports';
import { refused } from '../failures.js';
import { MOST_BYTES, type NbdClient } from './nbd-client.js';

/** The disk's bytes from `first` to `last`, both included, in pieces. */
export async function* readBlocks(client: NbdClient, first: number, last: number): AsyncGenerator<Buffer> {
  for (let at = first; at <= last;) {
    const length = Math.min(MOST_BYTES, last + 1 - at);
    yield await client.read(at, length);
    at += length;
  }
}

/** `Refused` where the block is not within the disk. */
export async function writeBlock(client: NbdClient, { offset, bytes }: VolumeBlock): Promise<void> {
  if (offset < 0 || offset + bytes.length > client.sizeBytes) {
    throw refused(`bytes ${offset} to ${offset + bytes.length} are not within the volume's ${client.sizeBytes}`);
  }
  for (let at = 0; at < bytes.length; at += MOST_BYTES) {
    const piece = bytes.subarray(at, at + MOST_BYTES);
    if (isZero(piece)) await client.writeZeroes(offset + at, piece.length);
    else await client.write(offset + at, piece);
  }
}

/** A disk image's raw bytes as blocks; pieces of zeros are left out, since a new volume reads as zeros anyway. */
export async function* blocksOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<VolumeBlock> {
  let offset = 0;
  for await (const chunk of bytes) {
    if (!isZero(chunk)) yield { offset, bytes: chunk };
    offset += chunk.length;
  }
}

export function isZero(bytes: Buffer): boolean {
  return bytes.length === 0 || (bytes[0] === 0 && bytes.compare(bytes, 1, bytes.length, 0, bytes.length - 1) === 0);
}
