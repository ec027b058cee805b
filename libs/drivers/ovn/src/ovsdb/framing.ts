const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** The peer sent something that is not a JSON object where one must begin: the connection cannot be used any more. */
export class MalformedStream extends Error {
  constructor(byte: number) {
    super(`A JSON object was expected, found byte 0x${byte.toString(16).padStart(2, '0')}.`);
    this.name = 'MalformedStream';
  }
}

/**
 * Cuts OVSDB's stream into its messages: JSON objects one after the other without any delimiter (RFC 7047 §4).
 * It counts braces outside of strings. It works on bytes, because a chunk may end inside a UTF-8 sequence, whose bytes are
 * all ≥ 0x80 and so never look like a brace or quote.
 */
export class MessageSplitter {
  private parts: Uint8Array[] = [];
  private depth = 0;
  private isInString = false;
  private isEscaped = false;

  /** The messages that `chunk` completes, parsed, in order. Throws `MalformedStream` or `SyntaxError` on what is not JSON. */
  push(chunk: Uint8Array): unknown[] {
    const messages: unknown[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (!this.endsMessage(chunk[at] as number)) continue;
      this.parts.push(chunk.subarray(start, at + 1));
      start = at + 1;
      messages.push(JSON.parse(Buffer.concat(this.parts).toString('utf8')));
      this.parts = [];
    }
    // The socket owns its buffer and may use it again: what waits for its end is copied.
    if (start < chunk.length) this.parts.push(Uint8Array.prototype.slice.call(chunk, start));
    return messages;
  }

  private endsMessage(byte: number): boolean {
    if (this.isInString) {
      this.insideString(byte);
      return false;
    }
    if (this.depth === 0) {
      if (byte === OPEN) this.depth = 1;
      else if (!isSpace(byte)) throw new MalformedStream(byte);
      return false;
    }
    if (byte === QUOTE) this.isInString = true;
    else if (byte === OPEN) this.depth++;
    else if (byte === CLOSE) this.depth--;
    return this.depth === 0;
  }

  private insideString(byte: number): void {
    if (this.isEscaped) this.isEscaped = false;
    else if (byte === BACKSLASH) this.isEscaped = true;
    else if (byte === QUOTE) this.isInString = false;
  }
}
