import { Injectable } from '@nestjs/common';
import { only } from '@virga/kernel';
import { type Reader, type Tx, fragment, identifier } from '@virga/persistence';
import { UnmanagedVolumeRow } from './unmanaged-volume.row.js';

/** What a backend keeps of a volume that there is no more. */
export interface UnmanagedVolume {
  id: string;
  backend: string;
  /** The volume's last one. */
  generation: number;
  sizeGibibytes: number;
  /** The volume that it is becoming; null: none. */
  managedAs: string | null;
}

/** Something on a backend that could be a volume, or is one. */
export interface Manageable {
  id: string;
  sizeGibibytes: number;
  /** The volume that it is. */
  volumeId: string | null;
  /** An operator let go of it. */
  isUnmanaged: boolean;
}

export interface ManageablePage {
  backend: string;
  sort: 'reference' | 'size';
  direction: 'asc' | 'desc';
  limit: number;
  offset: number;
  /** The name of the entry after which the page begins. */
  after: string | undefined;
}

interface ManageableRow {
  id: string;
  size_gibibytes: number;
  is_volume: boolean;
  is_unmanaged: boolean;
}

@Injectable()
export class UnmanagedVolumesRepository {
  async insert(tx: Tx, { id, backend, generation, sizeGibibytes }: Omit<UnmanagedVolume, 'managedAs'>): Promise<void> {
    await tx.insert(UnmanagedVolumeRow, { id, backend, generation, size_gibibytes: sizeGibibytes });
  }

  async find(db: Reader, id: string): Promise<UnmanagedVolume | undefined> {
    const row = only(await db.sql<UnmanagedVolumeRow>`SELECT * FROM unmanaged_volume WHERE id = ${id}`);
    return row && fromRow(row);
  }

  /** The same; nobody else manages it until the transaction ends. */
  async lock(tx: Tx, id: string): Promise<UnmanagedVolume | undefined> {
    const row = only(await tx.sql<UnmanagedVolumeRow>`SELECT * FROM unmanaged_volume WHERE id = ${id} FOR UPDATE`);
    return row && fromRow(row);
  }

  /** It is becoming this volume, or, where null, becomes none after all. */
  async claim(tx: Tx, id: string, volumeId: string | null): Promise<void> {
    await tx.sql`UPDATE unmanaged_volume SET managed_as = ${volumeId} WHERE id = ${id}`;
  }

  async forget(tx: Tx, id: string): Promise<void> {
    await tx.sql`DELETE FROM unmanaged_volume WHERE id = ${id}`;
  }

  /** One page of what a backend has, in one statement. */
  async onBackend(db: Reader, { backend, sort, direction, limit, offset, after }: ManageablePage): Promise<Manageable[]> {
    const column = identifier(sort === 'size' ? 'size_bytes' : 'volume_id');
    const order = direction === 'asc' ? fragment`${column} ASC, volume_id ASC` : fragment`${column} DESC, volume_id DESC`;
    const rows = await db.sql<ManageableRow & { place: number }>`
      WITH found AS (
        SELECT o.volume_id, o.size_bytes, row_number() OVER (ORDER BY ${order}) AS place
        FROM volume_observation o WHERE o.backend = ${backend} AND o.size_bytes IS NOT NULL)
      SELECT f.volume_id AS id, ceil(f.size_bytes / ${GIBIBYTE}::numeric)::integer AS size_gibibytes, v.id IS NOT NULL AS is_volume, u.id IS NOT NULL AS is_unmanaged
      FROM found f
      LEFT JOIN volume v ON v.id = f.volume_id AND v.deleted_at IS NULL
      LEFT JOIN unmanaged_volume u ON u.id = f.volume_id
      WHERE f.place > coalesce((SELECT m.place FROM found m WHERE m.volume_id::text = ${after ?? ''}), 0)
      ORDER BY f.place LIMIT ${limit} OFFSET ${offset}`;
    return rows.map((row) => ({ id: row.id, sizeGibibytes: row.size_gibibytes, volumeId: row.is_volume ? row.id : null, isUnmanaged: row.is_unmanaged }));
  }
}

const GIBIBYTE = 1024 ** 3;

function fromRow(row: UnmanagedVolumeRow): UnmanagedVolume {
  return { id: row.id, backend: row.backend, generation: row.generation, sizeGibibytes: row.size_gibibytes, managedAs: row.managed_as };
}
