import { isUuid } from '@virga/kernel';
import { UploadNotFound, Uploads, type Upload, type UploadId } from '../../uploads/index.js';
import { Injectable } from '@nestjs/common';
import { MOST_PARTS } from '../../s3-limits/index.js';
import type { CanonicalUser } from '../acl/acl.js';
import type { ChecksumAlgorithm } from '../request/checksums.js';
import type { ObjectRequest } from '../request/s3-request.js';
import { S3Error, invalidArgument } from '../s3-error.js';

declare module '../../uploads/upload.js' {
  interface UploadSettings {
    initiator?: CanonicalUser;
    /** What the parts' checksums, and the whole's, are to be. */
    checksum?: { algorithm: ChecksumAlgorithm; type: 'FULL_OBJECT' | 'COMPOSITE' };
  }
}

/** Finds the upload that a request names. */
@Injectable()
export class AskedUploads {
  constructor(private readonly uploads: Uploads) {}

  async find({ bucket, key, query }: ObjectRequest): Promise<Upload | undefined> {
    const id = uploadIdOf(query.get('uploadId') ?? '');
    return id && this.uploads.find(bucket, key, id);
  }

  /** Throws `NoSuchUpload`. */
  async get(request: ObjectRequest): Promise<Upload> {
    const upload = await this.find(request);
    if (upload === undefined) throw noSuchUpload(request);
    return upload;
  }
}

export function noSuchUpload({ query }: ObjectRequest): S3Error {
  return new S3Error('NoSuchUpload', { fields: { UploadId: query.get('uploadId') ?? '' } });
}

/** Runs what changes an upload; one that ended meanwhile is one that never was. */
export async function whileThere<T>(request: ObjectRequest, change: Promise<T>): Promise<T> {
  return change.catch((error: unknown) => {
    throw error instanceof UploadNotFound ? noSuchUpload(request) : error;
  });
}

/** Clients see ids without dashes. */
export function uploadIdText(id: UploadId): string {
  return id.replaceAll('-', '');
}

export function uploadIdOf(text: string): UploadId | undefined {
  if (!isUuid(text)) return undefined;
  return text.replaceAll('-', '').toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') as UploadId;
}

/** The number of the part that a request puts. */
export function partNumberOf({ query }: ObjectRequest): number {
  const text = query.get('partNumber') ?? '';
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MOST_PARTS) throw invalidArgument('partNumber', text, `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`);
  return number;
}
