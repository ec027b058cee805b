import { Conflict, NotFound, type Id } from '@virga/kernel';
import type { BlobId } from '../blobs/index.js';
import type { ContainerId } from '../containers/index.js';
import type { Metadata } from '../metadata/index.js';
import type { ObjectSettings } from '../objects/index.js';
import type { Microseconds } from '../timestamps/index.js';

export type UploadId = Id<'upload'>;

/** An object that is put in parts, over many requests; nobody sees it before it is complete. */
export interface Upload {
  id: UploadId;
  containerId: ContainerId;
  name: string;
  contentType: string;
  metadata: Metadata;
  settings: UploadSettings;
  initiatedAt: Microseconds;
}

/** What an upload is told beside the object's headers. The API that began it adds its own keys, typed, from its own files. */
export interface UploadSettings {
  /** Those of the object to come. */
  object: ObjectSettings;
}

/** One part; a second one of the same number replaces it. */
export interface UploadPart {
  number: number;
  /** Absent for an empty part. */
  blobId?: BlobId;
  sizeBytes: number;
  /** MD5 in hexadecimal. */
  etag: string;
  /** As the API that took it wrote it; opaque here. */
  checksum?: string;
  modifiedAt: Microseconds;
}

/** Which unfinished uploads are wanted: by name, and of one name from the oldest. */
export interface UploadQuery {
  prefix?: string;
  delimiter?: string;
  /** Only names after it, and, with `idMarker`, later uploads of it. */
  keyMarker?: string;
  idMarker?: UploadId;
  limit: number;
}

/** A chosen part was replaced while the upload was being completed: its bytes are not those that were chosen. */
export class UploadChanged extends Conflict {
  constructor() {
    super('object-storage.upload.changed', 'A part was replaced while the upload was being completed.');
  }
}

export class UploadNotFound extends NotFound {
  constructor() {
    super('object-storage.upload.not-found', 'There is no such upload; it may have been completed or aborted.');
  }
}
