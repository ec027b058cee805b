import { Injectable } from '@nestjs/common';
import { fragment, json, type Reader, type Tx } from '@virga/persistence';
import { listArguments, type ListQuery } from '../listing/index.js';
import type { StoredMetadata } from '../metadata/index.js';
import type { Microseconds } from '../timestamps/index.js';
import type { ContainerId, ContainerSettings } from './container.js';

/** A row of the table `container`. */
export interface ContainerRow extends StoredMetadata {
  id: ContainerId;
  account: string;
  name: string;
  storage_policy: string;
  settings: ContainerSettings;
  object_count: number;
  bytes_used: number;
  created_at: Microseconds;
  changed_at: Microseconds;
}

type NewContainer = Pick<ContainerRow, 'id' | 'account' | 'name' | 'storage_policy' | 'metadata' | 'sealed' | 'settings' | 'created_at'>;

@Injectable()
export class ContainersRepository {
  async find(db: Reader, account: string, name: string): Promise<ContainerRow | undefined> {
    const rows = await db.sql<ContainerRow>`SELECT * FROM container WHERE account = ${account} AND name = ${name}`;
    return rows[0];
  }

  async byId(db: Reader, id: ContainerId): Promise<ContainerRow | undefined> {
    const rows = await db.sql<ContainerRow>`SELECT * FROM container WHERE id = ${id}`;
    return rows[0];
  }

  /** The account's own container of that name, else the one that claimed the name for all. */
  async findBucket(db: Reader, name: string, ownAccount: string | undefined): Promise<ContainerRow | undefined> {
    const rows = await db.sql<ContainerRow>`
      SELECT c.* FROM container c WHERE c.account = ${ownAccount ?? null} AND c.name = ${name}
      UNION ALL
      SELECT c.* FROM bucket b JOIN container c ON c.id = b.container_id WHERE b.name = ${name}
      LIMIT 1`;
    return rows[0];
  }

  async lock(tx: Tx, id: ContainerId): Promise<ContainerRow | undefined> {
    const rows = await tx.sql<ContainerRow>`SELECT * FROM container WHERE id = ${id} FOR UPDATE`;
    return rows[0];
  }

  /** Whether it was made; false where the account has one of that name. */
  async insert(tx: Tx, row: NewContainer): Promise<boolean> {
    const rows = await tx.sql<{ id: string }>`
      INSERT INTO container (id, account, name, storage_policy, metadata, sealed, settings, created_at, changed_at)
      VALUES (${row.id}, ${row.account}, ${row.name}, ${row.storage_policy}, ${json(row.metadata)}, ${row.sealed}, ${json(row.settings)},
        ${row.created_at}, ${row.created_at})
      ON CONFLICT (account, name) DO NOTHING RETURNING id`;
    return rows.length > 0;
  }

  /** Claims the global name; answers the account whose container has it, which is ours where the claim held or stood already. */
  async claim(tx: Tx, name: string, id: ContainerId): Promise<{ id: ContainerId; account: string } | undefined> {
    await tx.sql`INSERT INTO bucket (name, container_id) VALUES (${name}, ${id}) ON CONFLICT (name) DO NOTHING`;
    const rows = await tx.sql<{ id: ContainerId; account: string }>`
      SELECT c.id, c.account FROM bucket b JOIN container c ON c.id = b.container_id WHERE b.name = ${name}`;
    return rows[0];
  }

  async change(tx: Tx, id: ContainerId, stored: StoredMetadata, settings: ContainerSettings, now: Microseconds): Promise<void> {
    await tx.sql`
      UPDATE container SET metadata = ${json(stored.metadata)}, sealed = ${stored.sealed}, settings = ${json(settings)}, changed_at = ${now}
      WHERE id = ${id}`;
  }

  /** Removes the delete markers of null versions; they have no bytes and are not counted. */
  async removeNullMarkers(tx: Tx, id: ContainerId): Promise<void> {
    await tx.sql`DELETE FROM object WHERE container_id = ${id} AND is_delete_marker AND is_null_version`;
  }

  /** Whether any version, delete marker or unfinished upload is in it. */
  async isEmpty(tx: Tx, id: ContainerId): Promise<boolean> {
    const rows = await tx.sql<{ is_empty: boolean }>`
      SELECT NOT EXISTS (SELECT FROM object WHERE container_id = ${id}) AS is_empty`;
    return rows[0]?.is_empty === true;
  }

  /** Lets go of it and of what unfinished uploads hold. */
  async remove(tx: Tx, id: ContainerId, now: Date): Promise<void> {
    // Locked first: a part that is being put must not bring bytes that nobody lets go of.
    await tx.sql`SELECT FROM upload WHERE container_id = ${id} FOR UPDATE`;
    await tx.sql`
      UPDATE blob SET released_at = ${now} WHERE id IN (
        SELECT p.blob_id FROM upload u JOIN upload_part p ON p.upload_id = u.id WHERE u.container_id = ${id})`;
    await tx.sql`DELETE FROM upload WHERE container_id = ${id}`;
    await tx.sql`DELETE FROM container WHERE id = ${id}`;
  }

  async page(db: Reader, account: string, query: ListQuery): Promise<({ subdir: string } | ContainerRow & { subdir: null })[]> {
    const list = query.isReversed === true ? fragment`list_containers_backward` : fragment`list_containers`;
    return db.sql`SELECT subdir, (entry).* FROM ${list}(${account}, ${listArguments(query)})`;
  }
}
