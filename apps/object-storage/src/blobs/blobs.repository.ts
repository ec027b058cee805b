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

export interface BlobFigures {
  blobs: number;
  bytes: number;
  /** Waiting to be removed. */
  released: number;
  damaged: number;
  missing: number;
  /** When the blob was last read through whose turn is next; null where there is none. */
  leastVerifiedAt: Date | null;
}

/** An object whose bytes are not what was written. */
export interface HurtObject {
  verdict: 'damaged' | 'missing';
  account: string;
  container: string;
  object: string;
  version: string;
  store: string;
  location: string;
}

@Injectable()
export class BlobsRepository {
  async figures(db: Reader): Promise<BlobFigures> {
    const rows = await db.sql<BlobFigures>`
      SELECT count(*) AS blobs, coalesce(sum(size_bytes), 0) AS bytes, count(released_at) AS released,
        count(*) FILTER (WHERE verdict = 'damaged') AS damaged, count(*) FILTER (WHERE verdict = 'missing') AS missing,
        min(verified_at) FILTER (WHERE released_at IS NULL) AS "leastVerifiedAt"
      FROM blob`;
    return rows[0] as BlobFigures;
  }

  /** How many blobs' bytes are damaged or missing. */
  async hurt(db: Reader): Promise<number> {
    const rows = await db.sql<{ count: number }>`SELECT count(*) AS count FROM blob WHERE verdict IS NOT NULL AND released_at IS NULL`;
    return rows[0]?.count ?? 0;
  }

  async hurtObjects(db: Reader, limit: number): Promise<HurtObject[]> {
    return db.sql`
      SELECT b.verdict, c.account, c.name AS container, o.name AS object, o.version::text, b.store, b.location
      FROM blob b
      JOIN LATERAL (
        SELECT id FROM object WHERE blob_id = b.id UNION SELECT object_id FROM object_part WHERE blob_id = b.id) named ON true
      JOIN object o ON o.id = named.id
      JOIN container c ON c.id = o.container_id
      WHERE b.verdict IS NOT NULL AND b.released_at IS NULL ORDER BY b.id LIMIT ${limit}`;
  }

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
