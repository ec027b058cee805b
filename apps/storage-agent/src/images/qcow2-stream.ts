const CLUSTER_BITS = 16;
const CLUSTER = 2 ** CLUSTER_BITS;
const HEADER_BYTES = 104;
/** Entries of eight bytes in a table of one cluster. */
const TABLE_ENTRIES = CLUSTER / 8;
/** Reference counts of two bytes in a block of one cluster. */
const COUNTS = CLUSTER / 2;
/** The cluster is used once, so that a writer may change it in place. */
const COPIED = 1n << 63n;

/** Which clusters of a disk hold anything but zeros. */
export class UsedClusters {
  private readonly bits: Uint8Array;
  private tally = 0;

  constructor(readonly sizeBytes: number) {
    this.bits = new Uint8Array(Math.ceil(this.clusters / 8));
  }

  get clusters(): number {
    return Math.ceil(this.sizeBytes / CLUSTER);
  }

  get count(): number {
    return this.tally;
  }

  add(cluster: number): void {
    if (this.has(cluster)) return;
    this.bits[cluster >> 3] = (this.bits[cluster >> 3] ?? 0) | (1 << (cluster & 7));
    this.tally += 1;
  }

  has(cluster: number): boolean {
    return ((this.bits[cluster >> 3] ?? 0) & (1 << (cluster & 7))) !== 0;
  }

  /** Looks through a disk's bytes. */
  static async of(bytes: AsyncIterable<Buffer>, sizeBytes: number): Promise<UsedClusters> {
    const used = new UsedClusters(sizeBytes);
    let cluster = 0;
    for await (const piece of clustersOf(bytes)) {
      if (!isZero(piece)) used.add(cluster);
      cluster += 1;
    }
    return used;
  }
}

/** Where everything is in the file: header, first table, its second tables, reference counts, data. In clusters. */
interface Layout {
  l1Clusters: number;
  l2Tables: number;
  refTableClusters: number;
  refBlocks: number;
  dataStart: number;
  total: number;
}

/** Pure. The reference counts count themselves, so their number is found by trying. */
function layoutOf(used: UsedClusters): Layout {
  const l2Tables = Math.ceil(used.clusters / TABLE_ENTRIES);
  const l1Clusters = Math.max(1, Math.ceil(l2Tables / TABLE_ENTRIES));
  const fixed = 1 + l1Clusters + l2Tables + used.count;
  let [refTableClusters, refBlocks] = [1, 1];
  for (;;) {
    const total = fixed + refTableClusters + refBlocks;
    const blocks = Math.ceil(total / COUNTS);
    const tables = Math.max(1, Math.ceil(blocks / TABLE_ENTRIES));
    if (blocks === refBlocks && tables === refTableClusters) return { l1Clusters, l2Tables, refTableClusters, refBlocks, dataStart: total - used.count, total };
    [refTableClusters, refBlocks] = [Math.max(tables, refTableClusters), Math.max(blocks, refBlocks)];
  }
}

/** How large the qcow2 file will be. */
export const qcow2Bytes = (used: UsedClusters): number => layoutOf(used).total * CLUSTER;

/**
 * A disk as a qcow2 file (version 3, clusters of 64 KiB, not compressed), from front to back: all tables are known from which clusters are used,
 * so nothing has to be kept on a disk of ours. The format is QEMU's (docs/interop/qcow2.txt).
 */
export async function* qcow2Of(bytes: AsyncIterable<Buffer>, used: UsedClusters): AsyncGenerator<Buffer> {
  const layout = layoutOf(used);
  const l2Start = 1 + layout.l1Clusters;
  const refTableStart = l2Start + layout.l2Tables;
  yield header(used.sizeBytes, layout, refTableStart);
  yield table(layout.l1Clusters, layout.l2Tables, l2Start, COPIED);
  yield* secondTables(used, layout);
  yield table(layout.refTableClusters, layout.refBlocks, refTableStart + layout.refTableClusters, 0n);
  for (let block = 0; block < layout.refBlocks; block += 1) yield counts(Math.min(COUNTS, layout.total - block * COUNTS));
  let cluster = 0;
  for await (const piece of clustersOf(bytes)) {
    if (used.has(cluster)) yield piece;
    cluster += 1;
  }
}

function header(sizeBytes: number, { l2Tables, refTableClusters }: Layout, refTableStart: number): Buffer {
  const bytes = Buffer.alloc(CLUSTER);
  bytes.write('QFI\xfb', 0, 'latin1');
  bytes.writeUInt32BE(3, 4);
  bytes.writeUInt32BE(CLUSTER_BITS, 20);
  bytes.writeBigUInt64BE(BigInt(sizeBytes), 24);
  bytes.writeUInt32BE(l2Tables, 36);
  bytes.writeBigUInt64BE(BigInt(CLUSTER), 40);
  bytes.writeBigUInt64BE(BigInt(refTableStart * CLUSTER), 48);
  bytes.writeUInt32BE(refTableClusters, 56);
  // Counts of 2^4 bits; the extensions after the header begin with their end, which is zeros.
  bytes.writeUInt32BE(4, 96);
  bytes.writeUInt32BE(HEADER_BYTES, 100);
  return bytes;
}

/** Points to so many clusters in a row. */
function table(clusters: number, entries: number, firstCluster: number, flags: bigint): Buffer {
  const bytes = Buffer.alloc(clusters * CLUSTER);
  for (let entry = 0; entry < entries; entry += 1) bytes.writeBigUInt64BE(BigInt((firstCluster + entry) * CLUSTER) | flags, entry * 8);
  return bytes;
}

function* secondTables(used: UsedClusters, { l2Tables, dataStart }: Layout): Generator<Buffer> {
  let next = dataStart;
  for (let index = 0; index < l2Tables; index += 1) {
    const bytes = Buffer.alloc(CLUSTER);
    for (let entry = 0; entry < TABLE_ENTRIES; entry += 1) {
      if (used.has(index * TABLE_ENTRIES + entry)) bytes.writeBigUInt64BE(BigInt(next++ * CLUSTER) | COPIED, entry * 8);
    }
    yield bytes;
  }
}

function counts(usedClusters: number): Buffer {
  const bytes = Buffer.alloc(CLUSTER);
  for (let at = 0; at < usedClusters; at += 1) bytes.writeUInt16BE(1, at * 2);
  return bytes;
}

/** The bytes again, in whole clusters; the last is filled up with zeros. */
async function* clustersOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const whole = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (; at + CLUSTER <= whole.length; at += CLUSTER) yield whole.subarray(at, at + CLUSTER);
    rest = whole.subarray(at);
  }
  if (rest.length > 0) yield Buffer.concat([rest, Buffer.alloc(CLUSTER - rest.length)]);
}

/** Compares the bytes with themselves, one further: much faster than looking at each. */
const isZero = (bytes: Buffer): boolean => bytes[0] === 0 && bytes.compare(bytes, 1, bytes.length, 0, bytes.length - 1) === 0;
