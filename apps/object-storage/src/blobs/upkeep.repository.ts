import { Injectable } from '@nestjs/common';
import { json, type Reader, type Tx } from '@virga/persistence';
import type { BlobId, KnownBlob, StagedBlob } from './blob.js';
import { knownBlob, type BlobRow } from './blobs.repository.js';

export interface ReleasedBlob {
  id: BlobId;
  store: string;
  location: string;
  segment: string | null;
}

/** What of a segment is still named by rows. */
export interface SegmentRows {
  segment: string;
  blobs: number;
  bytes: number;
}

/** The statements of collecting, compacting, scrubbing and rotating. */
@Injectable()
export class UpkeepRepository {
  /** Locks blobs that were let go of before `before`; those that another process has locked are left to it. */
  async lockReleased(tx: Tx, before: Date, limit: number): Promise<ReleasedBlob[]> {
    return tx.sql`
      SELECT id, store, location, segment FROM blob WHERE released_at < ${before} ORDER BY released_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`;
  }

  /** Those of the blobs that rows still name. */
  async named(tx: Tx, ids: readonly BlobId[]): Promise<BlobId[]> {
    const rows = await tx.sql<{ blob_id: BlobId }>`
      SELECT blob_id FROM object WHERE blob_id = ANY(${ids}::uuid[])
      UNION SELECT blob_id FROM object_part WHERE blob_id = ANY(${ids}::uuid[])
      UNION SELECT blob_id FROM upload_part WHERE blob_id = ANY(${ids}::uuid[])`;
    return rows.map(({ blob_id }) => blob_id);
  }

  async keep(tx: Tx, ids: readonly BlobId[]): Promise<void> {
    await tx.sql`UPDATE blob SET released_at = NULL WHERE id = ANY(${ids}::uuid[])`;
  }

  async forget(tx: Tx, ids: readonly BlobId[]): Promise<void> {
    await tx.sql`DELETE FROM blob WHERE id = ANY(${ids}::uuid[])`;
  }

  /** Those of the locations that no blob has. */
  async unowned(db: Reader, store: string, locations: readonly string[]): Promise<string[]> {
    const rows = await db.sql<{ location: string }>`
      SELECT f.location FROM unnest(${locations}::text[]) AS f (location)
      WHERE NOT EXISTS (SELECT FROM blob b WHERE b.store = ${store} AND b.location = f.location)`;
    return rows.map(({ location }) => location);
  }

  async segmentRows(db: Reader, store: string, segments: readonly string[]): Promise<SegmentRows[]> {
    return db.sql`
      SELECT segment, count(*) AS blobs, sum(size_bytes) AS bytes FROM blob WHERE store = ${store} AND segment = ANY(${segments}::text[]) GROUP BY segment`;
  }

  async inSegment(db: Reader, store: string, segment: string, limit: number, after: string): Promise<KnownBlob[]> {
    const rows = await db.sql<BlobRow>`
      SELECT id, store, location, size_bytes, crc32, key_id, sealed_key FROM blob
      WHERE store = ${store} AND segment = ${segment} AND verdict IS NULL AND location > ${after} ORDER BY location LIMIT ${limit}`;
    return rows.map(knownBlob);
  }

  /** Gives blobs their new places; a blob that is not where it was any more is left alone. Answers how many moved. */
  async move(db: Reader, moves: readonly { id: BlobId; from: string; to: Pick<StagedBlob, 'location' | 'segment' | 'crc32'> }[]): Promise<number> {
    const records = moves.map(({ id, from, to }) => ({ id, from, location: to.location, segment: to.segment, crc32: to.crc32 }));
    const rows = await db.sql<{ id: string }>`
      UPDATE blob b SET location = m.location, segment = m.segment, crc32 = m.crc32
      FROM json_to_recordset(${json(records)}) AS m (id uuid, "from" text, location text, segment text, crc32 bigint)
      WHERE b.id = m.id AND b.location = m."from" RETURNING b.id`;
    return rows.length;
  }

  /** Notes segments that no row names any more, and answers those that were noted before `before`. */
  async noteEmptied(db: Reader, store: string, segments: readonly string[], now: Date, before: Date): Promise<string[]> {
    await db.sql`
      INSERT INTO emptied_segment (store, segment, emptied_at) SELECT ${store}, s, ${now} FROM unnest(${segments}::text[]) AS s ON CONFLICT DO NOTHING`;
    const rows = await db.sql<{ segment: string }>`
      SELECT e.segment FROM emptied_segment e WHERE e.store = ${store} AND e.segment = ANY(${segments}::text[]) AND e.emptied_at < ${before}
        AND NOT EXISTS (SELECT FROM blob b WHERE b.store = ${store} AND b.segment = e.segment)`;
    return rows.map(({ segment }) => segment);
  }

  async forgetEmptied(db: Reader, store: string, segment: string): Promise<void> {
    await db.sql`DELETE FROM emptied_segment WHERE store = ${store} AND segment = ${segment}`;
  }

  /** Blobs that were verified longest ago, before `before`. */
  async leastVerified(db: Reader, before: Date, limit: number): Promise<KnownBlob[]> {
    const rows = await db.sql<BlobRow>`
      SELECT id, store, location, size_bytes, crc32, key_id, sealed_key FROM blob
      WHERE released_at IS NULL AND verified_at < ${before} ORDER BY verified_at LIMIT ${limit}`;
    return rows.map(knownBlob);
  }

  /** Blobs that were found hurt, and not looked at since `before`: somebody may have brought their bytes back. */
  async hurt(db: Reader, before: Date, limit: number): Promise<KnownBlob[]> {
    const rows = await db.sql<BlobRow>`
      SELECT id, store, location, size_bytes, crc32, key_id, sealed_key FROM blob
      WHERE verdict IS NOT NULL AND released_at IS NULL AND verified_at < ${before} ORDER BY id LIMIT ${limit}`;
    return rows.map(knownBlob);
  }

  /** Writes down what was found where the blobs were looked for. */
  async verified(db: Reader, found: readonly { id: BlobId; location: string; verdict: 'damaged' | 'missing' | null }[], now: Date): Promise<void> {
    await db.sql`
      UPDATE blob b SET verified_at = ${now}, verdict = f.verdict
      FROM json_to_recordset(${json(found)}) AS f (id uuid, location text, verdict text) WHERE b.id = f.id AND b.location = f.location`;
  }

  /** Locks the next blobs, in the order of their ids, whose keys are sealed under another root key than `current`. */
  async lockSealedBefore(tx: Tx, current: number, after: string, limit: number): Promise<{ id: BlobId; key_id: number; sealed_key: Buffer }[]> {
    return tx.sql`
      SELECT id, key_id, sealed_key FROM blob WHERE id > ${after} AND key_id <> ${current} ORDER BY id LIMIT ${limit} FOR UPDATE`;
  }

  async reseal(tx: Tx, current: number, keys: readonly { id: BlobId; sealedKey: string }[]): Promise<void> {
    await tx.sql`
      UPDATE blob b SET key_id = ${current}, sealed_key = decode(k."sealedKey", 'base64')
      FROM json_to_recordset(${json(keys)}) AS k (id uuid, "sealedKey" text) WHERE b.id = k.id`;
  }
}
