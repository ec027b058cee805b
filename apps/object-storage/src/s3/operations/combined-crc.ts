import { Bug } from '@virga/kernel';
import type { ChecksumAlgorithm } from '../request/checksums.js';

/** The reflected polynomials of the checksums that can be combined. */
const POLYNOMIALS: Partial<Record<ChecksumAlgorithm, { bits: bigint; polynomial: bigint }>> = {
  CRC32: { bits: 32n, polynomial: 0xedb88320n },
  CRC32C: { bits: 32n, polynomial: 0x82f63b78n },
  CRC64NVME: { bits: 64n, polynomial: 0x9a6c9329ac4bc9b5n },
};

/**
 * The CRC of bytes of which only the pieces' CRCs and lengths are known.
 *
 * A CRC followed by n zero bytes is a multiplication by x^(8n) modulo the polynomial, and CRCs of the same length add by XOR;
 * the powers come from squaring, so a piece costs some hundred steps whatever its length.
 */
export function combinedCrc(algorithm: ChecksumAlgorithm, pieces: readonly { value: Buffer; sizeBytes: number }[]): Buffer {
  const field = POLYNOMIALS[algorithm];
  if (field === undefined) throw new Bug('object-storage.s3.crc', `${algorithm} is no CRC.`);
  const { bits, polynomial } = field;
  let crc = 0n;
  for (const { value, sizeBytes } of pieces) {
    crc = multiplied(crc, powerOfX(BigInt(sizeBytes) * 8n, bits, polynomial), bits, polynomial) ^ BigInt(`0x${value.toString('hex')}`);
  }
  return Buffer.from(crc.toString(16).padStart(Number(bits) / 4, '0'), 'hex');
}

/** x^n; in reflected order the highest bit is x^0. */
function powerOfX(exponent: bigint, bits: bigint, polynomial: bigint): bigint {
  let result = 1n << (bits - 1n);
  let square = 1n << (bits - 2n);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = multiplied(result, square, bits, polynomial);
    square = multiplied(square, square, bits, polynomial);
  }
  return result;
}

function multiplied(one: bigint, other: bigint, bits: bigint, polynomial: bigint): bigint {
  let product = 0n;
  let shifted = other;
  for (let bit = 1n << (bits - 1n); bit > 0n; bit >>= 1n) {
    if ((one & bit) !== 0n) product ^= shifted;
    shifted = (shifted & 1n) === 1n ? (shifted >> 1n) ^ polynomial : shifted >> 1n;
  }
  return product;
}
