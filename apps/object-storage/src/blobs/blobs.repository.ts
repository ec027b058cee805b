import { Injectable } from '@nestjs/common';
import type { Reader } from '@virga/persistence';
import type { BlobId, KnownBlob } from './blob.js';

/** The columns of `blob` that reading needs. */
export interface BlobRow {
  id: BlobId;
  store: string;
  location: string;
  size_bytes: number;
  crc32: number;
  key_id: number | null;
  sealed_key: Buffer | null;
}

@Injectable()
export class BlobsRepository {
  async find(db: Reader, ids: readonly BlobId[]): Promise<KnownBlob[]> {
    const rows = await db.sql<BlobRow>`
      SELECT id, store, location, size_bytes, crc32, key_id, sealed_key FROM blob WHERE id = ANY(${ids}::uuid[])`;
    return rows.map(knownBlob);
  }

  /** Writes down that bytes were found hurt where they were looked for. */
  async mark(db: Reader, id: BlobId, location: string, verdict: 'damaged' | 'missing'): Promise<void> {
    await db.sql`UPDATE blob SET verdict = ${verdict} WHERE id = ${id} AND location = ${location} AND verdict IS DISTINCT FROM ${verdict}`;
  }
}

export function knownBlob(row: BlobRow): KnownBlob {
  return {
    id: row.id, store: row.store, location: row.location, sizeBytes: row.size_bytes, crc32: row.crc32, keyId: row.key_id, sealedKey: row.sealed_key,
  };
}
