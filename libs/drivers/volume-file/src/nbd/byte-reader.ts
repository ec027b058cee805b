import type { Socket } from 'node:net';

interface Want {
  length: number;
  resolve(bytes: Buffer): void;
  reject(error: Error): void;
}

const readers = new WeakMap<Socket, ByteReader>();

/** Takes exact numbers of bytes from a socket. One reader per socket: what has arrived early belongs to the next take. */
export class ByteReader {
  private chunks: Buffer[] = [];
  private available = 0;
  private want: Want | undefined;
  private end: Error | undefined;

  private readonly onData = (chunk: Buffer): void => {
    this.chunks.push(chunk);
    this.available += chunk.length;
    this.serve();
  };

  private constructor(private readonly socket: Socket) {
    socket.on('data', this.onData);
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('The connection was closed.')));
  }

  static of(socket: Socket): ByteReader {
    const known = readers.get(socket) ?? new ByteReader(socket);
    readers.set(socket, known);
    return known;
  }

  /** The next bytes; rejects when the connection ends before them. One caller at a time. */
  take(length: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.want = { length, resolve, reject };
      this.serve();
    });
  }

  /** Leaves what comes next to somebody else; throws where something has come already. */
  release(): void {
    if (this.available > 0) throw new Error('There are bytes that nobody has taken.');
    this.socket.off('data', this.onData);
    this.socket.pause();
    readers.delete(this.socket);
  }

  private serve(): void {
    const want = this.want;
    if (want === undefined) return;
    if (this.available < want.length) {
      if (this.end) this.fail(this.end);
      return;
    }
    this.want = undefined;
    const all = this.chunks.length === 1 && this.chunks[0] ? this.chunks[0] : Buffer.concat(this.chunks);
    const rest = all.subarray(want.length);
    this.chunks = rest.length > 0 ? [rest] : [];
    this.available = rest.length;
    want.resolve(all.subarray(0, want.length));
  }

  private fail(error: Error): void {
    this.end ??= error;
    const want = this.want;
    this.want = undefined;
    want?.reject(this.end);
  }
}
