import { Injectable } from '@nestjs/common';
import { type Reader, type Tx, json } from '@virga/persistence';
import { canTake, type Amounts, type Inventory } from './ledger.js';
import type { InventoryRow } from './placement.row.js';

export interface Claim {
  consumer: string;
  projectId: string;
  userId: string;
  provider: string;
  amounts: Amounts;
}

/**
 * Placement's ledger.
 *
 * Usage is the sum of allocations, never a counter. Whoever claims holds the lock of the provider's row from the look to the
 * commit, so that two claims can race and never overbook; each raises the provider's generation, on which clients of the
 * Placement API compare and set.
 */
@Injectable()
export class PlacementRepository {
  /** Takes the amounts for the consumer, replacing what it had on this provider; false where they do not fit (any more). */
  async claim(tx: Tx, { consumer, projectId, userId, provider, amounts }: Claim): Promise<boolean> {
    const classes = Object.keys(amounts);
    const locked = await tx.sql`SELECT generation FROM resource_provider WHERE uuid = ${provider} FOR UPDATE`;
    if (locked.length === 0 || !(await this.fits(tx, provider, consumer, amounts))) return false;
    await tx.sql`
      INSERT INTO consumer AS c (uuid, project_id, user_id) VALUES (${consumer}, ${projectId}, ${userId})
      ON CONFLICT (uuid) DO UPDATE SET generation = c.generation + 1, updated_at = now()`;
    await tx.sql`
      WITH raised AS (UPDATE resource_provider SET generation = generation + 1, updated_at = now() WHERE uuid = ${provider})
      INSERT INTO allocation (consumer_uuid, provider_uuid, resource_class, used)
      SELECT ${consumer}, ${provider}, class, amount FROM unnest(${classes}::text[], ${classes.map((name) => amounts[name] ?? 0)}::integer[]) AS a (class, amount)
      ON CONFLICT (consumer_uuid, provider_uuid, resource_class) DO UPDATE SET used = excluded.used`;
    return true;
  }

  /** Gives back everything that the consumer has. Giving back nothing is fine. */
  async release(tx: Tx, consumer: string): Promise<void> {
    await tx.sql`
      WITH freed AS (DELETE FROM allocation WHERE consumer_uuid = ${consumer} RETURNING provider_uuid)
      UPDATE resource_provider SET generation = generation + 1, updated_at = now() WHERE uuid IN (SELECT provider_uuid FROM freed)`;
    await tx.sql`DELETE FROM consumer WHERE uuid = ${consumer}`;
  }

  /** What the consumer has, by provider. */
  async allocations(db: Reader, consumer: string): Promise<Map<string, Amounts>> {
    const rows = await db.sql<{ provider_uuid: string; amounts: Amounts }>`
      SELECT provider_uuid, jsonb_object_agg(resource_class, used) AS amounts FROM allocation WHERE consumer_uuid = ${consumer} GROUP BY provider_uuid`;
    return new Map(rows.map(({ provider_uuid, amounts }) => [provider_uuid, amounts]));
  }

  /**
   * A provider exists for a host, with its name, inventory and traits. What operators may have set (reserved amounts, ratios)
   * is kept; `initial` counts only for what is new. The generation rises only where something changed.
   */
  async ensureProvider(tx: Tx, provider: { uuid: string; name: string }, initial: Readonly<Record<string, Inventory>>, traits: readonly string[]): Promise<void> {
    const { uuid, name } = provider;
    await tx.sql`
      INSERT INTO resource_provider AS p (uuid, name, root_uuid) VALUES (${uuid}, ${name}, ${uuid})
      ON CONFLICT (uuid) DO UPDATE SET name = excluded.name, generation = p.generation + 1, updated_at = now() WHERE p.name <> excluded.name`;
    const changes = await tx.sql`
      INSERT INTO inventory AS i (provider_uuid, resource_class, total, reserved, min_unit, max_unit, step_size, allocation_ratio)
      SELECT ${uuid}, key, (value ->> 'total')::integer, (value ->> 'reserved')::integer, (value ->> 'minUnit')::integer, (value ->> 'maxUnit')::integer,
        (value ->> 'stepSize')::integer, (value ->> 'allocationRatio')::double precision
      FROM jsonb_each(${json(initial)}::jsonb) WHERE (value ->> 'total')::integer > 0
      ON CONFLICT (provider_uuid, resource_class) DO UPDATE SET total = excluded.total, max_unit = excluded.max_unit
      WHERE (i.total, i.max_unit) IS DISTINCT FROM (excluded.total, excluded.max_unit)
      RETURNING resource_class`;
    const traitChanges = await this.ensureTraits(tx, uuid, traits);
    if (changes.length + traitChanges > 0) await tx.sql`UPDATE resource_provider SET generation = generation + 1, updated_at = now() WHERE uuid = ${uuid}`;
  }

  /** Traits that hosts report come and go; custom ones are the operators'. Answers how many changed. */
  private async ensureTraits(tx: Tx, provider: string, traits: readonly string[]): Promise<number> {
    await tx.sql`INSERT INTO trait (name) SELECT unnest(${traits}::text[]) ON CONFLICT DO NOTHING`;
    const added = await tx.sql`
      INSERT INTO provider_trait (provider_uuid, trait) SELECT ${provider}, unnest(${traits}::text[]) ON CONFLICT DO NOTHING RETURNING trait`;
    const removed = await tx.sql`
      DELETE FROM provider_trait WHERE provider_uuid = ${provider} AND trait <> ALL(${traits}::text[]) AND trait NOT LIKE 'CUSTOM\\_%' RETURNING trait`;
    return added.length + removed.length;
  }

  private async fits(tx: Tx, provider: string, consumer: string, amounts: Amounts): Promise<boolean> {
    const classes = Object.keys(amounts);
    const rows = await tx.sql<InventoryRow & { used: number }>`
      SELECT i.*, coalesce((
        SELECT sum(a.used) FROM allocation a
        WHERE a.provider_uuid = i.provider_uuid AND a.resource_class = i.resource_class AND a.consumer_uuid <> ${consumer}), 0)::integer AS used
      FROM inventory i WHERE i.provider_uuid = ${provider} AND i.resource_class = ANY(${classes})`;
    return classes.every((name) => {
      const row = rows.find((entry) => entry.resource_class === name);
      return row !== undefined && canTake(stockFrom(row), amounts[name] ?? 0);
    });
  }
}

export function stockFrom(row: InventoryRow & { used: number }): Inventory & { used: number } {
  return {
    total: row.total, reserved: row.reserved, minUnit: row.min_unit, maxUnit: row.max_unit, stepSize: row.step_size, allocationRatio: row.allocation_ratio,
    used: row.used,
  };
}
