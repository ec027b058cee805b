import { Injectable } from '@nestjs/common';
import { all, json, onForeignKey, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { listed, Missing, pageClauses, type Listed, type Page } from '../listing/index.js';
import { RegionExists, RegionInUse, type Region, type RegionChange } from './catalog.js';
import { RegionRow } from './region.row.js';

@Injectable()
export class RegionsRepository {
  async find(db: Reader, id: string): Promise<Region | undefined> {
    const [row] = await db.sql<RegionRow>`SELECT * FROM region WHERE id = ${id}`;
    return row && fromRow(row);
  }

  async lock(tx: Tx, id: string): Promise<Region | undefined> {
    const [row] = await tx.sql<RegionRow>`SELECT * FROM region WHERE id = ${id} FOR UPDATE`;
    return row && fromRow(row);
  }

  async page(db: Reader, conditions: readonly Fragment[], page: Page): Promise<Listed<Region>> {
    const { after, tail } = pageClauses(page, 'region', 'r', 'id');
    return listed((await db.sql<RegionRow>`SELECT r.* FROM region r WHERE ${all([...conditions, after])} ${tail}`).map(fromRow), page);
  }

  async insert(tx: Tx, region: Region): Promise<void> {
    await tx.insert(RegionRow, { id: region.id, description: region.description, parent_region_id: region.parentId, extra: region.extra })
      .catch(onUnique('region_pkey', () => new RegionExists(region.id)))
      .catch(onForeignKey('region_parent', () => new Missing('region', region.parentId ?? '')));
  }

  /** For the legacy attribute `region` of endpoints, which makes the region that it names. */
  async ensure(tx: Tx, id: string): Promise<void> {
    await tx.sql`INSERT INTO region (id) VALUES (${id}) ON CONFLICT DO NOTHING`;
  }

  async update(tx: Tx, seen: Region, change: RegionChange): Promise<Region> {
    const next = { ...seen, ...change };
    await tx.sql`
      UPDATE region SET description = ${next.description}, parent_region_id = ${next.parentId}, extra = ${json(next.extra)} WHERE id = ${seen.id}`
      .catch(onForeignKey('region_parent', () => new Missing('region', next.parentId ?? '')));
    return next;
  }

  /** Whether `id` is the region `ofId` or one above it. */
  async isAbove(db: Reader, id: string, ofId: string): Promise<boolean> {
    const rows = await db.sql`
      WITH RECURSIVE up AS (
        SELECT id, parent_region_id FROM region WHERE id = ${ofId}
        UNION SELECT r.id, r.parent_region_id FROM up JOIN region r ON r.id = up.parent_region_id
      ) SELECT FROM up WHERE id = ${id}`;
    return rows.length > 0;
  }

  /** Removes a region with all below it; false where there was none. */
  async deleteTree(tx: Tx, id: string): Promise<boolean> {
    const rows = await tx.sql`
      WITH RECURSIVE down AS (
        SELECT id FROM region WHERE id = ${id}
        UNION SELECT r.id FROM down JOIN region r ON r.parent_region_id = down.id
      ) DELETE FROM region WHERE id IN (SELECT id FROM down) RETURNING id`
      .catch(onForeignKey('endpoint_region', () => new RegionInUse(id))).catch(onForeignKey('registered_limit_region', () => new RegionInUse(id)));
    return rows.length > 0;
  }
}

function fromRow(row: RegionRow): Region {
  return { id: row.id, description: row.description, parentId: row.parent_region_id, extra: row.extra };
}
