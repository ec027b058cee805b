import { Injectable } from '@nestjs/common';
import { Bug, only, raise } from '@virga/kernel';
import type { Reader, Tx } from '@virga/persistence';
import { VolumeMigrationRow } from './volume-migration.row.js';

/** A volume's way from one backend to another. */
export interface VolumeMigration {
  id: string;
  volumeId: string;
  source: string;
  /** Null before a backend has been found. */
  target: string | null;
  /** The type that the volume is to have there; null: it keeps its own. */
  typeId: string | null;
}

@Injectable()
export class VolumeMigrationsRepository {
  async insert(tx: Tx, { id, volumeId, source, target, typeId }: VolumeMigration): Promise<void> {
    await tx.insert(VolumeMigrationRow, { id, volume_id: volumeId, source_backend: source, target_backend: target, type_id: typeId });
  }

  async get(db: Reader, id: string): Promise<VolumeMigration> {
    const row = only(await db.sql<VolumeMigrationRow>`SELECT * FROM volume_migration WHERE id = ${id}`);
    return row === undefined ? raise(new Bug('block-storage.migration.unknown', `There is no migration ${id}.`)) : fromRow(row);
  }

  async placeOn(tx: Tx, id: string, target: string): Promise<void> {
    await tx.sql`UPDATE volume_migration SET target_backend = ${target} WHERE id = ${id}`;
  }

  async end(tx: Tx, id: string, hasMoved: boolean): Promise<void> {
    await tx.sql`UPDATE volume_migration SET ended_at = now(), has_moved = ${hasMoved} WHERE id = ${id}`;
  }
}

function fromRow(row: VolumeMigrationRow): VolumeMigration {
  return { id: row.id, volumeId: row.volume_id, source: row.source_backend, target: row.target_backend, typeId: row.type_id };
}
