import type { Extent } from '@virga/ports';

const BLOCK_BYTES = 64 * 1024;
const EMPTY = Buffer.alloc(BLOCK_BYTES);

/** A disk in memory that keeps only what was written; copies share their blocks until one of them writes. */
export class SimDisk {
  private constructor(public sizeBytes: number, private readonly blocks: Map<number, Buffer>) {}

  static empty(sizeBytes: number): SimDisk {
    return new SimDisk(sizeBytes, new Map());
  }

  copy(sizeBytes = this.sizeBytes): SimDisk {
    return new SimDisk(sizeBytes, new Map(this.blocks));
  }

  read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (const { block, from, at, count } of pieces(offset, length)) {
      (this.blocks.get(block) ?? EMPTY).copy(bytes, at, from, from + count);
    }
    return bytes;
  }

  write(offset: number, bytes: Buffer): void {
    for (const { block, from, at, count } of pieces(offset, bytes.length)) {
      const changed = Buffer.from(this.blocks.get(block) ?? EMPTY);
      bytes.copy(changed, from, at, at + count);
      this.blocks.set(block, changed);
    }
  }

  extents(): Extent[] {
    return this.extentsWhere(() => true);
  }

  /** Blocks that were written to since this disk was copied from `earlier`, and what it has grown by. */
  changedSince(earlier: SimDisk): Extent[] {
    return this.extentsWhere((block, at) => this.blocks.get(block) !== earlier.blocks.get(block) || at + BLOCK_BYTES > earlier.sizeBytes);
  }

  private extentsWhere(isWanted: (block: number, offset: number) => boolean): Extent[] {
    const extents: Extent[] = [];
    for (let block = 0, offset = 0; offset < this.sizeBytes; block += 1, offset += BLOCK_BYTES) {
      if (!isWanted(block, offset)) continue;
      const extent: Extent = { offset, length: Math.min(BLOCK_BYTES, this.sizeBytes - offset), kind: this.blocks.has(block) ? 'data' : 'zero' };
      const last = extents.at(-1);
      if (last?.kind === extent.kind && last.offset + last.length === offset) last.length += extent.length;
      else extents.push(extent);
    }
    return extents;
  }
}

function* pieces(offset: number, length: number): Generator<{ block: number; from: number; at: number; count: number }> {
  for (let at = 0; at < length;) {
    const from = (offset + at) % BLOCK_BYTES;
    const count = Math.min(BLOCK_BYTES - from, length - at);
    yield { block: Math.floor((offset + at) / BLOCK_BYTES), from, at, count };
    at += count;
  }
}
