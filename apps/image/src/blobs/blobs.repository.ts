import { Injectable } from '@nestjs/common';
import type { Reader, Tx } from '@virga/persistence';

@Injectable()
export class BlobsRepository {
  async discard(tx: Tx, location: string): Promise<void> {
    await tx.sql`INSERT INTO discarded_blob (location) VALUES (${location}) ON CONFLICT DO NOTHING`;
  }

  async forget(tx: Tx, location: string): Promise<void> {
    await tx.sql`DELETE FROM discarded_blob WHERE location = ${location}`;
  }

  async discarded(db: Reader, limit: number): Promise<string[]> {
    const rows = await db.sql<{ location: string }>`SELECT location FROM discarded_blob ORDER BY discarded_at LIMIT ${limit}`;
    return rows.map(({ location }) => location);
  }

  /** Those of the locations that no image has. */
  async unowned(db: Reader, locations: string[]): Promise<string[]> {
    const rows = await db.sql<{ location: string }>`
      SELECT found.location FROM unnest(${locations}::text[]) AS found (location)
      WHERE NOT EXISTS (SELECT FROM image i WHERE i.location = found.location)`;
    return rows.map(({ location }) => location);
  }
}
