import type { InputFile, OutputFile } from '../disk.js';

const SECTOR_BYTES = 512;

/** Bytes of one file: what a reader sees, and what would be left if the power went now. */
export class SimFile {
  isReadOnly = false;
  modifiedAt = 0;
  private content = Buffer.alloc(0);
  private size = 0;
  /** The size up to which the medium has the bytes for sure. */
  private durableBytes = 0;

  /** What a reader sees. */
  get bytes(): Buffer {
    return this.content.subarray(0, this.size);
  }

  append(bytes: Buffer): void {
    const end = this.size + bytes.length;
    if (end > this.content.length) this.content = Buffer.concat([this.bytes], Math.max(end, this.content.length * 2));
    bytes.copy(this.content, this.size);
    this.size = end;
  }

  sync(): void {
    this.durableBytes = this.size;
  }

  cut(sizeBytes: number): void {
    this.size = Math.min(this.size, sizeBytes);
    this.durableBytes = Math.min(this.durableBytes, sizeBytes);
  }

  /** What was not synced is lost, cut off, or there in parts, sector by sector, with older blocks in between. */
  losePower(random: () => number): void {
    const size = this.durableBytes + Math.floor(random() * (this.bytes.length - this.durableBytes + 1));
    const left = Buffer.from(this.bytes.subarray(0, size));
    for (let at = this.durableBytes; at < size; at += SECTOR_BYTES) {
      const sector = left.subarray(at, at + SECTOR_BYTES);
      const fate = random();
      if (fate < 0.3) sector.fill(0);
      else if (fate < 0.5) this.bytes.copy(sector, 0, Math.floor(random() * Math.max(1, size - SECTOR_BYTES)));
    }
    this.content = left;
    this.size = left.length;
    this.durableBytes = left.length;
  }
}

/** What a file asks of its disk with each call. */
export interface SimMedium {
  /** Takes some time; throws if the disk fails or its power went. */
  access(): Promise<void>;
  /** How many of so many more bytes there is room for. */
  roomFor(count: number): number;
  now(): number;
  released(): void;
}

export class SimOutput implements OutputFile {
  constructor(private readonly file: SimFile, private readonly medium: SimMedium, private readonly isDurable: boolean) {}

  async write(buffers: Buffer[]): Promise<void> {
    const wanted = Buffer.concat(buffers);
    const room = this.medium.roomFor(wanted.length);
    // The bytes are on their way before the call returns: power may go in between.
    this.file.append(wanted.subarray(0, room));
    this.file.modifiedAt = this.medium.now();
    await this.medium.access();
    if (room < wanted.length) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    if (this.isDurable) this.file.sync();
  }

  async sync(): Promise<void> {
    await this.medium.access();
    this.file.sync();
  }

  async cut(sizeBytes: number): Promise<void> {
    await this.medium.access();
    this.file.cut(sizeBytes);
  }

  async makeReadOnly(): Promise<void> {
    await this.medium.access();
    this.file.isReadOnly = true;
  }

  async close(): Promise<void> {
    this.medium.released();
  }
}

export class SimInput implements InputFile {
  constructor(private readonly file: SimFile, private readonly medium: SimMedium) {}

  get sizeBytes(): number {
    return this.file.bytes.length;
  }

  async read(into: Buffer, position: number): Promise<number> {
    await this.medium.access();
    return this.file.bytes.copy(into, 0, Math.min(position, this.file.bytes.length));
  }

  async close(): Promise<void> {
    this.medium.released();
  }
}
