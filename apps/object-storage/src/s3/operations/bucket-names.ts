import { S3Error } from '../s3-error.js';

/** S3's rules for new buckets: 3 to 63 of a–z, 0–9, dot and dash, beginning and ending with a letter or digit, not like an address. */
export function requireBucketName(name: string): void {
  if (!isBucketName(name)) throw new S3Error('InvalidBucketName', { fields: { BucketName: name } });
}

export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !/\.\.|-\.|\.-/.test(name) && !/^\d{1,3}(\.\d{1,3}){3}$/.test(name)
    && !name.startsWith('xn--') && !name.endsWith('-s3alias');
}

/** Whether there can be such a container: Swift's are at most 256 bytes of anything but a slash. */
export function bucketNameIsPossible(name: string): boolean {
  return name !== '' && Buffer.byteLength(name) <= 256 && !name.includes('/') && !name.includes('\0');
}
