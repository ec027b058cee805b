import type { Id } from '@virga/kernel';

export type BlobId = Id<'blob'>;

/** What it takes to read a blob. */
export interface KnownBlob {
  id: BlobId;
  /** The id of its `ObjectStore`. */
  store: string;
  location: string;
  sizeBytes: number;
  /** The root key under which its own key is sealed; null for bytes that are kept in clear. */
  keyId: number | null;
  sealedKey: Buffer | null;
}
