import { Injectable } from '@nestjs/common';
import { fragment, json, nothing, onForeignKey, type Reader, type Tx } from '@virga/persistence';
import type { BlobId, StagedBlob } from '../blobs/index.js';
import { ContainerNotFound, type ContainerId } from '../containers/index.js';
import { successor } from '../listing/index.js';
import type { Metadata } from '../metadata/index.js';
import type { Microseconds } from '../timestamps/index.js';
import type { Upload, UploadId, UploadPart, UploadQuery, UploadSettings } from './upload.js';

interface UploadRow {
  id: UploadId;
  container_id: ContainerId;
  name: string;
  content_type: string;
  metadata: Metadata;
  settings: UploadSettings;
  initiated_at: Microseconds;
}

interface PartRow {
  number: number;
  blob_id: BlobId | null;
  size_bytes: number;
  etag: string;
  checksum: string | null;
  modified_at: Microseconds;
}

/** Every statement about unfinished uploads. */
@Injectable()
export class UploadsRepository {
  async insert(tx: Tx, upload: Upload): Promise<void> {
    await tx.sql`
      INSERT INTO upload (id, container_id, name, content_type, metadata, settings, initiated_at)
      VALUES (${upload.id}, ${upload.containerId}, ${upload.name}, ${upload.contentType}, ${json(upload.metadata)}, ${json(upload.settings)}, ${upload.initiatedAt})`
      .catch(onForeignKey('upload_container_id_fkey', () => new ContainerNotFound(upload.name)));
  }

  async find(db: Reader, container: ContainerId, name: string, id: UploadId): Promise<Upload | undefined> {
    const [row] = await db.sql<UploadRow>`SELECT * FROM upload WHERE id = ${id} AND container_id = ${container} AND name = ${name}`;
    return row && uploadOf(row);
  }

  /** Whether it is still there; until the transaction ends nobody adds a part, completes or aborts it. */
  async lock(tx: Tx, id: UploadId): Promise<boolean> {
    const rows = await tx.sql`SELECT FROM upload WHERE id = ${id} FOR UPDATE`;
    return rows.length > 0;
  }

  async remove(tx: Tx, id: UploadId): Promise<void> {
    await tx.sql`DELETE FROM upload WHERE id = ${id}`;
  }

  /** The blobs of all parts. */
  async blobs(tx: Tx, id: UploadId): Promise<BlobId[]> {
    const rows = await tx.sql<{ blob_id: BlobId }>`SELECT blob_id FROM upload_part WHERE upload_id = ${id} AND blob_id IS NOT NULL`;
    return rows.map((row) => row.blob_id);
  }

  /** Puts the part in the place of one of its number, and answers the blob of that one. */
  async putPart(tx: Tx, id: UploadId, part: UploadPart): Promise<BlobId | undefined> {
    const [replaced] = await tx.sql<{ blob_id: BlobId | null }>`SELECT blob_id FROM upload_part WHERE upload_id = ${id} AND number = ${part.number}`;
    await tx.sql`
      INSERT INTO upload_part (upload_id, number, blob_id, size_bytes, etag, checksum, modified_at)
      VALUES (${id}, ${part.number}, ${part.blobId ?? null}, ${part.sizeBytes}, ${part.etag}, ${part.checksum ?? null}, ${part.modifiedAt})
      ON CONFLICT (upload_id, number) DO UPDATE
      SET blob_id = excluded.blob_id, size_bytes = excluded.size_bytes, etag = excluded.etag, checksum = excluded.checksum, modified_at = excluded.modified_at`;
    return replaced?.blob_id ?? undefined;
  }

  /** The row that makes staged bytes known. */
  async insertBlob(tx: Tx, blob: StagedBlob, now: Date): Promise<void> {
    await tx.sql`
      INSERT INTO blob (id, store, location, segment, size_bytes, crc32, key_id, sealed_key, created_at, verified_at)
      VALUES (${blob.id}, ${blob.store}, ${blob.location}, ${blob.segment}, ${blob.sizeBytes}, ${blob.crc32}, ${blob.keyId}, ${blob.sealedKey}, ${now}, ${now})`;
  }

  /** Marks bytes as perhaps nobody's; the collector looks who else names them before it removes them. */
  async release(tx: Tx, ids: readonly BlobId[], now: Date): Promise<void> {
    if (ids.length > 0) await tx.sql`UPDATE blob SET released_at = ${now} WHERE id = ANY(${ids}::uuid[])`;
  }

  /** The parts after a number, in order. */
  async parts(db: Reader, id: UploadId, { after, limit }: { after: number; limit: number }): Promise<UploadPart[]> {
    const rows = await db.sql<PartRow>`
      SELECT number, blob_id, size_bytes, etag, checksum, modified_at FROM upload_part WHERE upload_id = ${id} AND number > ${after} ORDER BY number LIMIT ${limit}`;
    return rows.map(partOf);
  }

  /** Uploads in order, beginning at `from` where that is given. */
  async page(db: Reader, container: ContainerId, { prefix = '', keyMarker, idMarker, limit }: UploadQuery, from: string | undefined): Promise<Upload[]> {
    const end = successor(prefix);
    const before = end === undefined ? nothing : fragment`AND u.name < ${end}`;
    const start = from === undefined ? nothing : fragment`AND u.name >= ${from}`;
    const rows = await db.sql<UploadRow>`
      SELECT u.* FROM upload u WHERE u.container_id = ${container} AND u.name >= ${prefix} ${before} ${start} ${after(keyMarker, idMarker)}
      ORDER BY u.name, u.initiated_at, u.id LIMIT ${limit}`;
    return rows.map(uploadOf);
  }
}

function after(keyMarker: string | undefined, idMarker: UploadId | undefined) {
  if (keyMarker === undefined) return nothing;
  if (idMarker === undefined) return fragment`AND u.name > ${keyMarker}`;
  return fragment`AND u.name >= ${keyMarker} AND (u.name > ${keyMarker} OR (u.initiated_at, u.id) > (SELECT m.initiated_at, m.id FROM upload m WHERE m.id = ${idMarker}))`;
}

function uploadOf(row: UploadRow): Upload {
  return {
    id: row.id, containerId: row.container_id, name: row.name, contentType: row.content_type, metadata: row.metadata, settings: row.settings, initiatedAt: row.initiated_at,
  };
}

function partOf(row: PartRow): UploadPart {
  return {
    number: row.number, ...(row.blob_id !== null && { blobId: row.blob_id }), sizeBytes: row.size_bytes, etag: row.etag,
    ...(row.checksum !== null && { checksum: row.checksum }), modifiedAt: row.modified_at,
  };
}
