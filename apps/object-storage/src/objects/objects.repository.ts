import { Injectable } from '@nestjs/common';
import { fragment, type Fragment, type Reader } from '@virga/persistence';
import type { BlobId } from '../blobs/index.js';
import type { ContainerId, ContainerRow } from '../containers/index.js';
import { afterDelimiter, listArguments, successor, type ListQuery } from '../listing/index.js';
import type { ObjectId, PartBytes } from './object.js';
import type { BlobColumns, ObjectRow } from './object-rows.js';
import type { VersionQuery } from './objects.js';

/** A version's number, or the one that was put while no versions were kept. */
export type VersionName = bigint | 'null';

/** Where a list of versions in the opposite order goes on. */
export interface VersionsBefore {
  prefix: string;
  before?: string;
  version?: bigint;
  limit: number;
}

type Listed = { subdir: string } | (ObjectRow & { subdir: null });

/** A container's columns under names of their own, beside those of the object and its blob. */
type LocatedRow = { [Column in keyof ContainerRow as `c_${Column}`]: ContainerRow[Column] } & { [Column in keyof ObjectRow]: ObjectRow[Column] | null } & BlobColumns;

const blobColumns = fragment`b.store AS blob_store, b.location AS blob_location, b.size_bytes AS blob_size, b.crc32 AS blob_crc32,
  b.key_id AS blob_key, b.sealed_key AS blob_sealed_key`;

const containerColumns = fragment`c.id AS c_id, c.account AS c_account, c.name AS c_name, c.storage_policy AS c_storage_policy, c.metadata AS c_metadata,
  c.sealed AS c_sealed, c.settings AS c_settings, c.object_count AS c_object_count, c.bytes_used AS c_bytes_used, c.created_at AS c_created_at, c.changed_at AS c_changed_at`;

@Injectable()
export class ObjectsRepository {
  async locate(db: Reader, account: string, container: string, name: string, version: VersionName | undefined): Promise<{ container: ContainerRow; object: (ObjectRow & BlobColumns) | undefined } | undefined> {
    const rows = await db.sql<LocatedRow>`
      SELECT ${containerColumns}, o.*, ${blobColumns} FROM container c
      LEFT JOIN LATERAL (SELECT * FROM object WHERE container_id = c.id AND name = ${name} ${which(version)} ORDER BY version DESC LIMIT 1) o ON true
      LEFT JOIN blob b ON b.id = o.blob_id
      WHERE c.account = ${account} AND c.name = ${container}`;
    const row = rows[0];
    return row && { container: containerRow(row), object: row.id === null ? undefined : row as ObjectRow & BlobColumns };
  }

  async find(db: Reader, container: ContainerId, name: string, version: VersionName | undefined): Promise<(ObjectRow & BlobColumns) | undefined> {
    const rows = await db.sql<ObjectRow & BlobColumns>`
      SELECT o.*, ${blobColumns} FROM object o LEFT JOIN blob b ON b.id = o.blob_id
      WHERE o.container_id = ${container} AND o.name = ${name} ${which(version)} ORDER BY o.version DESC LIMIT 1`;
    return rows[0];
  }

  async page(db: Reader, container: ContainerId, query: ListQuery): Promise<Listed[]> {
    const list = query.isReversed === true ? fragment`list_objects_backward` : fragment`list_objects`;
    return db.sql`SELECT subdir, (entry).* FROM ${list}(${container}, ${listArguments(query)})`;
  }

  async versions(db: Reader, container: ContainerId, query: VersionQuery): Promise<Listed[]> {
    const { prefix = '', delimiter = '', keyMarker = null, versionMarker = null, limit } = query;
    return db.sql`
      SELECT subdir, (entry).* FROM list_versions(
        ${container}, ${prefix}, ${successor(prefix) ?? null}, ${delimiter}, ${afterDelimiter(delimiter)},
        ${keyMarker === '' ? null : keyMarker}, ${versionMarker}, ${limit})`;
  }

  /** Versions in the opposite order: names downwards from below `before`, of each name from the oldest, `before` itself from after `version` on. */
  async versionsBackward(db: Reader, container: ContainerId, { prefix, before, version, limit }: VersionsBefore): Promise<ObjectRow[]> {
    const end = before ?? successor(prefix) ?? null;
    return db.sql`
      (SELECT * FROM object WHERE container_id = ${container} AND name = ${before ?? null} AND name >= ${prefix} AND version > ${version ?? null} ORDER BY name DESC, version LIMIT ${limit})
      UNION ALL
      (SELECT * FROM object WHERE container_id = ${container} AND name >= ${prefix} AND (${end}::text IS NULL OR name < ${end}) ORDER BY name DESC, version LIMIT ${limit})
      LIMIT ${limit}`;
  }

  /** Versions whose time is over, the longest first. */
  async expired(db: Reader, nowSeconds: number, limit: number): Promise<Pick<ObjectRow, 'id' | 'container_id' | 'name' | 'version' | 'is_null_version'>[]> {
    return db.sql`SELECT id, container_id, name, version, is_null_version FROM object WHERE expires_at <= ${nowSeconds} ORDER BY expires_at LIMIT ${limit}`;
  }

  async parts(db: Reader, id: ObjectId): Promise<PartBytes[]> {
    const rows = await db.sql<{ number: number; blob_id: BlobId | null; size_bytes: number; etag: string }>`
      SELECT number, blob_id, size_bytes, etag FROM object_part WHERE object_id = ${id} ORDER BY number`;
    return rows.map(({ number, blob_id, size_bytes, etag }) => ({ number, sizeBytes: size_bytes, etag, ...(blob_id !== null && { blobId: blob_id }) }));
  }
}

function which(version: VersionName | undefined): Fragment {
  if (version === undefined) return fragment``;
  return version === 'null' ? fragment`AND is_null_version` : fragment`AND version = ${version}`;
}

function containerRow(row: LocatedRow): ContainerRow {
  return {
    id: row.c_id, account: row.c_account, name: row.c_name, storage_policy: row.c_storage_policy, metadata: row.c_metadata, sealed: row.c_sealed,
    settings: row.c_settings, object_count: row.c_object_count, bytes_used: row.c_bytes_used, created_at: row.c_created_at, changed_at: row.c_changed_at,
  };
}
