import { MalformedXdr } from './xdr.js';

/** What stands before every message: who speaks, which procedure, and which call it belongs to. */
export interface FrameHeader {
  program: number;
  procedure: number;
  type: number;
  serial: number;
  status: number;
}

export interface Frame extends FrameHeader {
  body: Buffer;
}

export const programs = { remote: 0x20008086, qemu: 0x20008087, keepalive: 0x6b656570 } as const;
export const frameTypes = { call: 0, reply: 1, message: 2 } as const;
export const frameStatuses = { ok: 0, error: 1 } as const;

const HEADER_BYTES = 28;
const PROTOCOL_VERSION = 1;
/** libvirt's own limit (VIR_NET_MESSAGE_MAX). */
const LARGEST_FRAME = 33_554_432;

/** One frame: its own length, the header's six words, the body. */
export function encodeFrame({ program, procedure, type, serial, status, body }: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  [bytes.length, program, PROTOCOL_VERSION, procedure, type, serial, status]
    .forEach((word, index) => bytes.writeUInt32BE(word, index * 4));
  body.copy(bytes, HEADER_BYTES);
  return bytes;
}

/** Cuts a stream of bytes into frames, whatever the pieces in which it arrives. */
export class FrameReader {
  private pending: Buffer[] = [];
  private pendingBytes = 0;

  /** The frames that `chunk` completes; throws `MalformedXdr` where the length cannot be right. */
  push(chunk: Buffer): Frame[] {
    this.pending.push(chunk);
    this.pendingBytes += chunk.length;
    const frames: Frame[] = [];
    for (let length = this.nextLength(); length !== undefined && this.pendingBytes >= length; length = this.nextLength()) {
      frames.push(frameOf(this.takeFirst(length)));
    }
    return frames;
  }

  private nextLength(): number | undefined {
    if (this.pendingBytes < 4) return undefined;
    const length = this.joined().readUInt32BE(0);
    if (length < HEADER_BYTES || length > LARGEST_FRAME) throw new MalformedXdr(`a frame of ${length} bytes`);
    return length;
  }

  /** Joined only when the first piece alone does not hold the length: a large reply must not be copied for every chunk. */
  private joined(): Buffer {
    const [first] = this.pending;
    if (first !== undefined && first.length >= 4) return first;
    return this.join();
  }

  private join(): Buffer {
    const whole = Buffer.concat(this.pending);
    this.pending = [whole];
    return whole;
  }

  private takeFirst(length: number): Buffer {
    const whole = this.pending.length === 1 && this.pending[0] !== undefined ? this.pending[0] : this.join();
    this.pending = whole.length > length ? [whole.subarray(length)] : [];
    this.pendingBytes = whole.length - length;
    return whole.subarray(0, length);
  }
}

function frameOf(bytes: Buffer): Frame {
  return {
    program: bytes.readUInt32BE(4),
    procedure: bytes.readUInt32BE(12),
    type: bytes.readUInt32BE(16),
    serial: bytes.readUInt32BE(20),
    status: bytes.readUInt32BE(24),
    body: bytes.subarray(HEADER_BYTES),
  };
}
