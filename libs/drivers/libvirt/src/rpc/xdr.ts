/** XDR (RFC 4506) as libvirt uses it: big-endian, everything padded to four bytes. */
export interface Codec<Value> {
  write(out: XdrWriter, value: Value): void;
  read(from: XdrReader): Value;
}

export type ValueOf<Of> = Of extends Codec<infer Value> ? Value : never;

/** The other side sent bytes that are not what its procedure promises: the connection cannot be trusted any more. */
export class MalformedXdr extends Error {
  constructor(problem: string) {
    super(`Malformed XDR: ${problem}`);
    this.name = 'MalformedXdr';
  }
}

export class XdrWriter {
  private readonly parts: Buffer[] = [];

  word(fill: (bytes: Buffer) => void, length: 4 | 8 = 4): void {
    const bytes = Buffer.alloc(length);
    fill(bytes);
    this.parts.push(bytes);
  }

  padded(bytes: Buffer): void {
    this.parts.push(bytes, Buffer.alloc(paddingOf(bytes.length)));
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.parts);
  }
}

export class XdrReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  word(): number {
    return this.take(4).readUInt32BE(0);
  }

  take(length: number): Buffer {
    const end = this.at + length;
    if (end > this.bytes.length) throw new MalformedXdr(`${length} bytes wanted, ${this.bytes.length - this.at} left`);
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  padded(length: number): Buffer {
    const taken = this.take(length);
    this.take(paddingOf(length));
    return taken;
  }
}

const paddingOf = (length: number): number => (4 - (length % 4)) % 4;

export const int: Codec<number> = {
  write: (out, value) => out.word((bytes) => bytes.writeInt32BE(value)),
  read: (from) => from.word() | 0,
};

export const unsigned: Codec<number> = {
  write: (out, value) => out.word((bytes) => bytes.writeUInt32BE(value)),
  read: (from) => from.word(),
};

export const unsignedHyper: Codec<bigint> = {
  write: (out, value) => out.word((bytes) => bytes.writeBigUInt64BE(value), 8),
  read: (from) => from.take(8).readBigUInt64BE(0),
};

/** libvirt's own limit for strings: 4 MiB. */
const LONGEST_TEXT = 4_194_304;

export const text: Codec<string> = {
  write(out, value) {
    const bytes = Buffer.from(value, 'utf8');
    unsigned.write(out, bytes.length);
    out.padded(bytes);
  },
  read(from) {
    const length = from.word();
    if (length > LONGEST_TEXT) throw new MalformedXdr(`a string of ${length} bytes`);
    return from.padded(length).toString('utf8');
  },
};

/** A counted sequence of bytes. */
export const bytes: Codec<Buffer> = {
  write(out, value) {
    unsigned.write(out, value.length);
    out.padded(value);
  },
  read(from) {
    const length = from.word();
    if (length > LONGEST_TEXT) throw new MalformedXdr(`a sequence of ${length} bytes`);
    return from.padded(length);
  },
};

/** Sixteen bytes on the wire, the dashed lower-case form for us. */
export const uuid: Codec<string> = {
  write: (out, value) => out.padded(Buffer.from(value.replaceAll('-', ''), 'hex')),
  read: (from) => from.padded(16).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
};

/** `char name[length]`: each character takes a whole word in XDR; the text ends at the first NUL. */
export function characters(length: number): Codec<string> {
  return {
    write(out, value) {
      for (let at = 0; at < length; at++) int.write(out, value.charCodeAt(at) || 0);
    },
    read(from) {
      const codes = Array.from({ length }, () => from.word());
      const end = codes.indexOf(0);
      return String.fromCharCode(...codes.slice(0, end === -1 ? length : end));
    },
  };
}

export function optional<Value>(of: Codec<Value>): Codec<Value | undefined> {
  return {
    write(out, value) {
      unsigned.write(out, value === undefined ? 0 : 1);
      if (value !== undefined) of.write(out, value);
    },
    read: (from) => (from.word() === 0 ? undefined : of.read(from)),
  };
}

export function list<Value>(of: Codec<Value>, longest: number): Codec<Value[]> {
  return {
    write(out, values) {
      unsigned.write(out, values.length);
      for (const value of values) of.write(out, value);
    },
    read(from) {
      const length = from.word();
      if (length > longest) throw new MalformedXdr(`a list of ${length} entries`);
      return Array.from({ length }, () => of.read(from));
    },
  };
}

type Fields = Record<string, Codec<never>>;
type StructOf<Of> = { [Name in keyof Of]: ValueOf<Of[Name]> };

/** A structure: its fields in the order in which they are written down. */
export function struct<Of extends { [Name in keyof Of]: Codec<ValueOf<Of[Name]>> }>(fields: Of): Codec<StructOf<Of>> {
  const entries = Object.entries(fields as unknown as Fields);
  return {
    write(out, value) {
      for (const [name, codec] of entries) codec.write(out, value[name as keyof Of] as never);
    },
    read: (from) => Object.fromEntries(entries.map(([name, codec]) => [name, codec.read(from)])) as unknown as StructOf<Of>,
  };
}

export const nothing: Codec<void> = { write: () => undefined, read: () => undefined };

export function encode<Value>(codec: Codec<Value>, value: Value): Buffer {
  const out = new XdrWriter();
  codec.write(out, value);
  return out.toBuffer();
}

export function decode<Value>(codec: Codec<Value>, bytes: Buffer): Value {
  return codec.read(new XdrReader(bytes));
}
