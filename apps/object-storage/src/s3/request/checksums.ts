import { createHash, type Hash } from 'node:crypto';
import { Crc32, Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import { S3Error } from '../s3-error.js';
import type { Headers } from './s3-request.js';

/** The checksums that S3 takes and keeps beside an object ("Checking object integrity"). */
export type ChecksumAlgorithm = 'CRC32' | 'CRC32C' | 'SHA1' | 'SHA256' | 'CRC64NVME';

const BYTES: Readonly<Record<ChecksumAlgorithm, number>> = { CRC32: 4, CRC32C: 4, SHA1: 20, SHA256: 32, CRC64NVME: 8 };

export const CHECKSUM_ALGORITHMS = Object.keys(BYTES) as ChecksumAlgorithm[];

/** Computed while bytes pass. */
export interface RunningChecksum {
  update(bytes: Uint8Array): void;
  digest(): Promise<Buffer>;
}

export function runningChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  switch (algorithm) {
    case 'CRC32': return crc(new Crc32());
    case 'CRC32C': return crc(new Crc32c());
    case 'CRC64NVME': return crc(new Crc64Nvme());
    case 'SHA1': return hash(createHash('sha1'));
    case 'SHA256': return hash(createHash('sha256'));
  }
}

function crc(checksum: { update(bytes: Uint8Array): void; digest(): Promise<Uint8Array> }): RunningChecksum {
  return { update: (bytes) => checksum.update(bytes), digest: async () => Buffer.from(await checksum.digest()) };
}

function hash(checksum: Hash): RunningChecksum {
  return { update: (bytes) => void checksum.update(bytes), digest: async () => checksum.digest() };
}

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** What a request says about a checksum of its body: the value, or the trailer that will bring it. */
export interface AnnouncedChecksum {
  algorithm: ChecksumAlgorithm;
  /** Undefined while it is to come in the trailer. */
  value: Buffer | undefined;
}

/** Reads `x-amz-checksum-*` or `x-amz-trailer`; throws `InvalidRequest` for several, unknown or malformed ones. */
export function announcedChecksum(headers: Headers): AnnouncedChecksum | undefined {
  const given = CHECKSUM_ALGORITHMS.filter((algorithm) => headers.has(checksumHeader(algorithm)));
  const trailer = trailerAlgorithm(headers.get('x-amz-trailer'));
  const [algorithm = trailer] = given;
  if (given.length + (trailer === undefined ? 0 : 1) > 1) throw new S3Error('InvalidRequest', { message: 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.' });
  const asked = headers.get('x-amz-sdk-checksum-algorithm')?.toUpperCase();
  if (algorithm === undefined) return undefined;
  if (asked !== undefined && asked !== algorithm) throw new S3Error('InvalidRequest', { message: 'Value for x-amz-sdk-checksum-algorithm header is invalid.' });
  if (given.length === 0) return { algorithm, value: undefined };
  return { algorithm, value: checksumValue(algorithm, headers.get(checksumHeader(algorithm)) ?? '') };
}

function trailerAlgorithm(trailer: string | undefined): ChecksumAlgorithm | undefined {
  if (trailer === undefined) return undefined;
  const algorithm = CHECKSUM_ALGORITHMS.find((candidate) => checksumHeader(candidate) === trailer.trim().toLowerCase());
  if (algorithm === undefined) throw new S3Error('InvalidRequest', { message: 'The value specified in the x-amz-trailer header is not supported' });
  return algorithm;
}

/** The bytes of a checksum in base64; throws `InvalidRequest` where it has another length. */
export function checksumValue(algorithm: ChecksumAlgorithm, text: string): Buffer {
  const bytes = base64(text);
  if (bytes?.length !== BYTES[algorithm]) throw new S3Error('InvalidRequest', { message: `Value for ${checksumHeader(algorithm)} header is invalid.` });
  return bytes;
}

/** Decodes strictly; undefined for what is no base64. */
export function base64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text.trim() ? bytes : undefined;
}

/** The name in S3's list, or a refusal. */
export function checksumAlgorithm(name: string): ChecksumAlgorithm {
  const algorithm = CHECKSUM_ALGORITHMS.find((candidate) => candidate === name.toUpperCase());
  if (algorithm === undefined) throw new S3Error('InvalidRequest', { message: 'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]' });
  return algorithm;
}
