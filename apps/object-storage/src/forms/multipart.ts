import type { Readable } from 'node:stream';
import { Invalid } from '@virga/kernel';

/** One part of a `multipart/form-data` body. Its bytes must be read, or drained, before the next part is asked for. */
export interface FormPart {
  headers: ReadonlyMap<string, string>;
  bytes: AsyncIterable<Buffer>;
}

/** The body is no form, or only the beginning of one. */
export class MalformedForm extends Invalid {
  constructor(readonly problem: string) {
    super('object-storage.form.malformed', `The form cannot be read: ${problem}`);
  }
}

const malformed = (problem: string): MalformedForm => new MalformedForm(problem);

/** Headers of a part are bounded, so that a body cannot fill memory. */
const MAX_HEADER_BYTES = 16_384;
const MAX_HEADER_LINES = 64;

/**
 * Reads a multipart body part after part in constant memory (RFC 2046, 5.1). Bytes are taken from `body` only as fast as they
 * are consumed. A body that ends inside a part throws `MalformedForm`: what was cut off must not pass for a whole file.
 */
export async function* formParts(body: Readable, boundary: string): AsyncGenerator<FormPart> {
  const source = new ByteSource(body);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const first = await source.line(boundary.length + 64);
  if (first === undefined || first.trimEnd() !== `--${boundary}`) throw malformed('invalid starting boundary');
  while (true) {
    const headers = await readHeaders(source);
    const content = new PartContent(source, delimiter);
    yield { headers, bytes: content };
    await content.drain();
    const rest = await source.line(64);
    if (rest === undefined || rest.startsWith('--')) return;
    if (rest.trim() !== '') throw malformed('invalid boundary');
  }
}

/** `form-data; name="file"; filename="a.txt"` as the type in front and its parameters by lower-case name. */
export function parseParameters(value: string): { type: string; parameters: ReadonlyMap<string, string> } {
  const parameters = new Map<string, string>();
  const semicolon = value.indexOf(';');
  const type = (semicolon < 0 ? value : value.slice(0, semicolon)).trim().toLowerCase();
  const pairs = /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g;
  for (const [, name, quoted, bare] of value.slice(type.length).matchAll(pairs)) {
    if (name !== undefined) parameters.set(name.toLowerCase(), quoted?.replace(/\\(["\\])/g, '$1') ?? bare?.trim() ?? '');
  }
  return { type, parameters };
}

async function readHeaders(source: ByteSource): Promise<ReadonlyMap<string, string>> {
  const headers = new Map<string, string>();
  for (let lines = 0; lines <= MAX_HEADER_LINES; lines += 1) {
    const line = await source.line(MAX_HEADER_BYTES);
    if (line === undefined) throw malformed('the form ends inside the headers of a part');
    if (line === '') return headers;
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  throw malformed('too many headers in a part');
}

/** The bytes of a part up to the delimiter, which is consumed with them. */
class PartContent implements AsyncIterable<Buffer> {
  private isDone = false;

  constructor(private readonly source: ByteSource, private readonly delimiter: Buffer) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    while (!this.isDone) {
      const { bytes, isLast } = await this.source.until(this.delimiter);
      this.isDone = isLast;
      if (bytes.length > 0) yield bytes;
    }
  }

  async drain(): Promise<void> {
    while (!this.isDone) this.isDone = (await this.source.until(this.delimiter)).isLast;
  }
}

/** A body with what was read of it but not yet used. */
class ByteSource {
  private readonly chunks: AsyncIterator<Buffer>;
  private pending: Buffer = Buffer.alloc(0);
  private hasEnded = false;

  constructor(body: Readable) {
    this.chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** The next line without its end, or undefined at the end of the body. */
  async line(maxBytes: number): Promise<string | undefined> {
    while (true) {
      const end = this.pending.indexOf('\n');
      if (end > maxBytes || (end < 0 && this.pending.length > maxBytes)) throw malformed('a line is too long');
      if (end >= 0) return this.take(end + 1).toString('utf8').replace(/\r?\n$/, '');
      if (!(await this.more())) return this.pending.length === 0 ? undefined : this.take(this.pending.length).toString('utf8');
    }
  }

  /** Bytes that surely stand before `delimiter`; `isLast` where it follows, and then it has been taken away. */
  async until(delimiter: Buffer): Promise<{ bytes: Buffer; isLast: boolean }> {
    while (true) {
      const at = this.pending.indexOf(delimiter);
      if (at >= 0) {
        const bytes = this.take(at);
        this.take(delimiter.length);
        return { bytes, isLast: true };
      }
      // A delimiter may begin in what is kept back and end in the next chunk.
      const safe = this.pending.length - delimiter.length + 1;
      if (safe > 0) return { bytes: this.take(safe), isLast: false };
      if (!(await this.more())) throw malformed('the form ends inside a part');
    }
  }

  private take(length: number): Buffer {
    const taken = this.pending.subarray(0, length);
    this.pending = this.pending.subarray(length);
    return taken;
  }

  private async more(): Promise<boolean> {
    if (this.hasEnded) return false;
    const next = await this.chunks.next();
    if (next.done === true) {
      this.hasEnded = true;
      return false;
    }
    this.pending = this.pending.length === 0 ? next.value : Buffer.concat([this.pending, next.value]);
    return true;
  }
}
