import { Injectable } from '@nestjs/common';
import { fragment, json, nothing, type Tx } from '@virga/persistence';
import type { BlobId, StagedBlob } from '../blobs/index.js';
import type { ContainerId, ContainerSettings } from '../containers/index.js';
import type { ObjectId, PartBytes } from './object.js';
import type { Microseconds } from '../timestamps/index.js';
import type { ObjectRow } from './object-rows.js';

export interface LockedContainer {
  id: ContainerId;
  versioning: NonNullable<ContainerSettings['versioning']> | null;
  /** Whether its changes are to be brought to another cluster. */
  is_synced: boolean;
  /** Whether its objects may be locked: then every put and removal keeps what was there. */
  locks_objects: boolean;
}

/** A name whose object makes way. */
export interface Displacement {
  container_id: ContainerId;
  name: string;
  /** Whether what is there stays as an older version, or goes where it is the null version. */
  keeps: boolean;
}

export interface Displaced extends ObjectRow {
  /** `gone`: its row is removed; `older`: it is not current any more. */
  fate: 'gone' | 'older';
  part_blobs: BlobId[];
}

/** Everything that a batch writes, for one statement. */
export interface Settlement {
  blobs: readonly StagedBlob[];
  objects: readonly ObjectRow[];
  parts: readonly (PartBytes & { objectId: ObjectId })[];
  released: readonly BlobId[];
  counts: readonly { id: ContainerId; objects: number; bytes: number }[];
  now: Date;
}

/** The statements that change objects; all under the lock of the container's row. */
@Injectable()
export class ChangesRepository {
  /** Locks the containers in the order of their ids; those that are gone are left out. */
  async lock(tx: Tx, ids: readonly ContainerId[]): Promise<LockedContainer[]> {
    return tx.sql`SELECT id, settings->>'versioning' AS versioning, metadata ? 'x-container-sync-to' AS is_synced, settings->'objectLock' IS NOT NULL AS locks_objects FROM container WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR NO KEY UPDATE`;
  }

  /** Notes names for the container's synchronization; one that waits already has changed once more. */
  async noteForSync(tx: Tx, changes: readonly { container_id: ContainerId; name: string; changed_at: Microseconds }[], now: Date): Promise<void> {
    await tx.sql`
      INSERT INTO sync_change (container_id, name, changed_at, due_at)
      SELECT container_id, name, max(changed_at), ${now} FROM json_to_recordset(${json(changes)}) AS c (container_id uuid, name text, changed_at bigint) GROUP BY container_id, name
      ON CONFLICT (container_id, name) DO UPDATE SET changed_at = greatest(EXCLUDED.changed_at, sync_change.changed_at + 1), due_at = EXCLUDED.due_at, attempts = 0, problem = NULL`;
  }

  /** The newest of each name, in no order. */
  async newest(tx: Tx, names: readonly Pick<Displacement, 'container_id' | 'name'>[]): Promise<ObjectRow[]> {
    return tx.sql`
      SELECT o.* FROM json_to_recordset(${json(names)}) AS n (container_id uuid, name text)
      CROSS JOIN LATERAL (SELECT * FROM object WHERE container_id = n.container_id AND name = n.name ORDER BY version DESC LIMIT 1) o`;
  }

  async version(tx: Tx, container: ContainerId, name: string, version: bigint | 'null'): Promise<ObjectRow | undefined> {
    const which = version === 'null' ? fragment`is_null_version` : fragment`version = ${version}`;
    const rows = await tx.sql<ObjectRow>`SELECT * FROM object WHERE container_id = ${container} AND name = ${name} AND ${which}`;
    return rows[0];
  }

  /** Makes room for new objects of these names. `isVersioned`: whether any of their containers keeps, or once kept, versions. */
  async displace(tx: Tx, names: readonly Displacement[], isVersioned: boolean): Promise<Displaced[]> {
    const older = isVersioned ? fragment`, older AS (
        UPDATE object SET is_current = false WHERE id = ANY(ARRAY(
          SELECT o.id FROM n CROSS JOIN LATERAL (
            SELECT id, is_current, is_null_version FROM object WHERE container_id = n.container_id AND name = n.name ORDER BY version DESC LIMIT 1) o
          WHERE o.is_current AND (n.keeps OR NOT o.is_null_version))) RETURNING *)` : nothing;
    const olderRows = isVersioned ? fragment`UNION ALL SELECT 'older', '{}', older.* FROM older` : nothing;
    return tx.sql`
      WITH n AS (SELECT * FROM json_to_recordset(${json(names)}) AS n (container_id uuid, name text, keeps boolean)),
      gone AS (
        DELETE FROM object WHERE id = ANY(ARRAY(
          SELECT o.id FROM n CROSS JOIN LATERAL (SELECT id FROM object WHERE container_id = n.container_id AND name = n.name AND is_null_version OFFSET 0) o
          WHERE NOT n.keeps)) RETURNING *)
      ${older}
      SELECT 'gone' AS fate, ARRAY(SELECT p.blob_id FROM object_part p WHERE p.object_id = gone.id AND p.blob_id IS NOT NULL) AS part_blobs, gone.* FROM gone
      ${olderRows}`;
  }

  async expire(tx: Tx, container: ContainerId, names: readonly string[], nowSeconds: number): Promise<void> {
    await tx.sql`UPDATE object SET expires_at = ${nowSeconds} WHERE container_id = ${container} AND name = ANY(${names}::text[]) AND is_current AND NOT is_delete_marker`;
  }

  /** Removes one row; answers the blobs of its parts. */
  async removeRow(tx: Tx, id: ObjectId): Promise<BlobId[]> {
    const rows = await tx.sql<{ part_blobs: BlobId[] }>`
      DELETE FROM object o WHERE o.id = ${id}
      RETURNING ARRAY(SELECT p.blob_id FROM object_part p WHERE p.object_id = o.id AND p.blob_id IS NOT NULL) AS part_blobs`;
    return rows[0]?.part_blobs ?? [];
  }

  /** Makes the newest of a name current; answers it. */
  async promote(tx: Tx, container: ContainerId, name: string): Promise<ObjectRow | undefined> {
    const rows = await tx.sql<ObjectRow>`
      UPDATE object SET is_current = true WHERE id = (
        SELECT id FROM object WHERE container_id = ${container} AND name = ${name} ORDER BY version DESC LIMIT 1) RETURNING *`;
    return rows[0];
  }

  async amend(tx: Tx, row: Pick<ObjectRow, 'id' | 'metadata' | 'settings' | 'content_type' | 'modified_at' | 'expires_at'>): Promise<void> {
    await tx.sql`
      UPDATE object SET metadata = ${json(row.metadata)}, settings = ${json(row.settings)}, content_type = ${row.content_type},
        modified_at = ${row.modified_at}, expires_at = ${row.expires_at} WHERE id = ${row.id}`;
  }

  async byId(tx: Tx, id: ObjectId): Promise<ObjectRow | undefined> {
    const rows = await tx.sql<ObjectRow>`SELECT * FROM object WHERE id = ${id}`;
    return rows[0];
  }

  /** Writes new rows, lets go of blobs, and counts, in one statement. */
  async settle(tx: Tx, { blobs, objects, parts, released, counts, now }: Settlement): Promise<void> {
    const newParts = parts.length === 0 ? nothing : fragment`, new_part AS (
      INSERT INTO object_part (object_id, number, blob_id, size_bytes, etag)
      SELECT "objectId", number, "blobId", "sizeBytes", etag
      FROM json_to_recordset(${json(parts)}) AS p ("objectId" uuid, number integer, "blobId" uuid, "sizeBytes" bigint, etag text))`;
    const letGo = released.length === 0 ? nothing : fragment`, let_go AS (UPDATE blob SET released_at = ${now} WHERE id = ANY(${released}::uuid[]))`;
    await tx.sql`
      WITH new_blob AS (
        INSERT INTO blob (id, store, location, segment, size_bytes, crc32, key_id, sealed_key, created_at, verified_at)
        SELECT id, store, location, segment, "sizeBytes", crc32, "keyId", decode("sealedKey", 'base64'), ${now}, ${now}
        FROM json_to_recordset(${json(blobs.map(blobRecord))}) AS b (
          id uuid, store text, location text, segment text, "sizeBytes" bigint, crc32 bigint, "keyId" integer, "sealedKey" text)),
      new_object AS (
        INSERT INTO object SELECT * FROM json_populate_recordset(NULL::object, ${json(objects)}))
      ${newParts} ${letGo}
      UPDATE container c SET object_count = c.object_count + d.objects, bytes_used = c.bytes_used + d.bytes
      FROM json_to_recordset(${json(counts)}) AS d (id uuid, objects bigint, bytes bigint) WHERE c.id = d.id`;
  }
}

function blobRecord(blob: StagedBlob): object {
  const { id, store, location, segment, sizeBytes, crc32, keyId, sealedKey } = blob;
  return { id, store, location, segment, sizeBytes, crc32, keyId, sealedKey: sealedKey?.toString('base64') ?? null };
}
