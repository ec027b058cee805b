import type { BlobId } from '../blobs/index.js';
import type { ContainerId } from '../containers/index.js';
import type { Metadata } from '../metadata/index.js';
import type { ObjectId, ObjectSettings, StoredObject } from './object.js';

/** A row of the table `object`. */
export interface ObjectRow {
  id: ObjectId;
  container_id: ContainerId;
  name: string;
  version: number;
  is_null_version: boolean;
  is_current: boolean;
  is_delete_marker: boolean;
  size_bytes: number;
  etag: string;
  content_type: string;
  metadata: Metadata;
  settings: ObjectSettings;
  blob_id: BlobId | null;
  modified_at: number;
  expires_at: number | null;
}

/** What is read of its blob with it; all null where it has none. */
export interface BlobColumns {
  blob_store: string | null;
  blob_location: string;
  blob_size: number;
  blob_crc32: number;
  blob_key: number | null;
  blob_sealed_key: Buffer | null;
}

/** What a row says. */
export function objectOf(row: ObjectRow): StoredObject {
  return {
    id: row.id, containerId: row.container_id, name: row.name, version: BigInt(row.version),
    isNullVersion: row.is_null_version, isCurrent: row.is_current, isDeleteMarker: row.is_delete_marker,
    sizeBytes: row.size_bytes, etag: row.etag, contentType: row.content_type, metadata: row.metadata, settings: row.settings,
    ...(row.blob_id !== null && { blobId: row.blob_id }), modifiedAt: row.modified_at, ...(row.expires_at !== null && { expiresAt: row.expires_at }),
  };
}

/** The same with where its bytes are. */
export function objectWithBlob(row: ObjectRow & BlobColumns): StoredObject {
  const object = objectOf(row);
  if (row.blob_id === null || row.blob_store === null) return object;
  object.blob = {
    id: row.blob_id, store: row.blob_store, location: row.blob_location, sizeBytes: row.blob_size, crc32: row.blob_crc32,
    keyId: row.blob_key, sealedKey: row.blob_sealed_key,
  };
  return object;
}
