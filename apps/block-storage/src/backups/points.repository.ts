import { Injectable } from '@nestjs/common';
import { only } from '@virga/kernel';
import { fragment, type Reader, type Tx } from '@virga/persistence';

/** A snapshot of a volume that was made for a backup; users do not see it. */
export interface Point {
  id: string;
  volumeId: string;
  backend: string;
  generation: number;
  isWanted: boolean;
}

interface Row {
  id: string;
  volume_id: string;
  backend: string;
  generation: number;
  is_wanted: boolean;
}

/** The table `backup_point`. */
@Injectable()
export class PointsRepository {
  /** The point is there; one that is there already stays as it is. */
  async ensure(tx: Tx, { id, volumeId, backend }: Pick<Point, 'id' | 'volumeId' | 'backend'>): Promise<void> {
    await tx.sql`INSERT INTO backup_point (id, volume_id, backend) VALUES (${id}, ${volumeId}, ${backend}) ON CONFLICT (id) DO NOTHING`;
  }

  async find(db: Reader, id: string): Promise<Point | undefined> {
    const row = only(await db.sql<Row>`SELECT * FROM backup_point WHERE id = ${id}`);
    return row && fromRow(row);
  }

  /** Nobody needs them any more: those of the volume but `except`. The generation is raised, so that no late command brings one back. */
  async unwant(tx: Tx, volumeId: string, except?: string): Promise<void> {
    const others = except === undefined ? fragment`TRUE` : fragment`id <> ${except}`;
    await tx.sql`UPDATE backup_point SET is_wanted = false, generation = generation + 1 WHERE volume_id = ${volumeId} AND is_wanted AND ${others}`;
  }

  async unwantOne(tx: Tx, id: string): Promise<void> {
    await tx.sql`UPDATE backup_point SET is_wanted = false, generation = generation + 1 WHERE id = ${id} AND is_wanted`;
  }

  /** Points to be removed, and those whose volume is deleted. */
  async unneeded(db: Reader, limit: number): Promise<Point[]> {
    const rows = await db.sql<Row>`
      SELECT p.* FROM backup_point p LEFT JOIN volume v ON v.id = p.volume_id AND v.deleted_at IS NULL
      WHERE NOT p.is_wanted OR v.id IS NULL ORDER BY p.created_at, p.id LIMIT ${limit}`;
    return rows.map(fromRow);
  }

  async forget(tx: Tx, id: string): Promise<void> {
    await tx.sql`DELETE FROM backup_point WHERE id = ${id}`;
  }
}

function fromRow(row: Row): Point {
  return { id: row.id, volumeId: row.volume_id, backend: row.backend, generation: row.generation, isWanted: row.is_wanted };
}
