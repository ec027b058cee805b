import { crc32 } from 'node:zlib';

/**
 * How bytes lie in a segment: a header of 32 bytes, then the bytes, then the next header.
 *
 *     0  magic         4   'Vobj'
 *     4  length        4   of the bytes, little endian like all numbers here
 *     8  checksum      4   CRC-32 of the bytes
 *    12  own checksum  4   CRC-32 of this header with zeroes in this place
 *    16  segment       8   the segment's random id
 *    24  offset        8   where this header begins
 *
 * Segment and offset are in it so that blocks of an older file, which a file system may show at the end of a file after the power
 * went, are never taken for a record.
 */
export const HEADER_BYTES = 32;

const MAGIC = Buffer.from('Vobj').readUInt32LE();
const OWN_CHECKSUM = 12;

export interface RecordHeader {
  length: number;
  crc32: number;
}

/** Where a record lies: `segment` in 16 hexadecimal digits. */
export interface RecordPlace {
  segment: string;
  offset: number;
}

/** Writes the header into the first 32 bytes of `into`. */
export function writeHeader(into: Buffer, place: RecordPlace, header: RecordHeader): void {
  into.writeUInt32LE(MAGIC, 0);
  into.writeUInt32LE(header.length, 4);
  into.writeUInt32LE(header.crc32, 8);
  into.writeUInt32LE(0, OWN_CHECKSUM);
  into.write(place.segment, 16, 8, 'hex');
  into.writeUInt32LE(place.offset % 2 ** 32, 24);
  into.writeUInt32LE(Math.floor(place.offset / 2 ** 32), 28);
  into.writeUInt32LE(crc32(into.subarray(0, HEADER_BYTES)), OWN_CHECKSUM);
}

/** The header at the beginning of `bytes`, or undefined where what lies there is not the record of this place. */
export function readHeader(bytes: Buffer, place: RecordPlace): RecordHeader | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(0) !== MAGIC) return undefined;
  const header = { length: bytes.readUInt32LE(4), crc32: bytes.readUInt32LE(8) };
  const expected = Buffer.alloc(HEADER_BYTES);
  writeHeader(expected, place, header);
  return expected.equals(bytes.subarray(0, HEADER_BYTES)) ? header : undefined;
}
