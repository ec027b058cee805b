import { Injectable } from '@nestjs/common';
import { fragment, json, onForeignKey, onUnique, type Reader, type Tx } from '@virga/persistence';
import type { Inventory } from '../ledger.js';
import { InventoryRow } from '../placement.row.js';
import { InventoryExists, InventoryInUse } from './inventory.js';

export type Inventories = ReadonlyMap<string, Inventory>;

@Injectable()
export class InventoriesRepository {
  async list(db: Reader, provider: string): Promise<Inventories> {
    const rows = await db.sql<InventoryRow>`SELECT * FROM inventory WHERE provider_uuid = ${provider} ORDER BY resource_class`;
    return new Map(rows.map((row) => [row.resource_class, fromRow(row)]));
  }

  async insert(tx: Tx, provider: string, resourceClass: string, inventory: Inventory): Promise<void> {
    await tx.insert(InventoryRow, toRow(provider, resourceClass, inventory)).catch(onUnique('inventory_pkey', () => new InventoryExists(resourceClass, provider)));
  }

  /** Makes or changes inventories of the given classes; others stay. */
  async put(tx: Tx, provider: string, inventories: Inventories): Promise<void> {
    const rows = [...inventories].map(([resourceClass, inventory]) => toRow(provider, resourceClass, inventory));
    await tx.sql`
      INSERT INTO inventory (provider_uuid, resource_class, total, reserved, min_unit, max_unit, step_size, allocation_ratio)
      SELECT provider_uuid, resource_class, total, reserved, min_unit, max_unit, step_size, allocation_ratio
      FROM jsonb_to_recordset(${json(rows)}::jsonb) AS given (provider_uuid uuid, resource_class text, total integer, reserved integer, min_unit integer,
        max_unit integer, step_size integer, allocation_ratio double precision)
      ON CONFLICT (provider_uuid, resource_class) DO UPDATE SET total = excluded.total, reserved = excluded.reserved, min_unit = excluded.min_unit,
        max_unit = excluded.max_unit, step_size = excluded.step_size, allocation_ratio = excluded.allocation_ratio`;
  }

  /** Removes the inventories of all classes, or of all but some; answers how many. Throws `InventoryInUse`. */
  async deleteAllBut(tx: Tx, provider: string, kept: readonly string[]): Promise<number> {
    return this.deleteWhere(tx, provider, fragment`resource_class <> ALL(${kept})`);
  }

  async delete(tx: Tx, provider: string, resourceClass: string): Promise<number> {
    return this.deleteWhere(tx, provider, fragment`resource_class = ${resourceClass}`);
  }

  private async deleteWhere(tx: Tx, provider: string, which: ReturnType<typeof fragment>): Promise<number> {
    const rows = await tx.sql`DELETE FROM inventory WHERE provider_uuid = ${provider} AND ${which} RETURNING resource_class`
      .catch(onForeignKey('allocation_inventory', () => new InventoryInUse(provider)));
    return rows.length;
  }
}

function toRow(provider: string, resourceClass: string, inventory: Inventory): InventoryRow {
  return {
    provider_uuid: provider, resource_class: resourceClass, total: inventory.total, reserved: inventory.reserved, min_unit: inventory.minUnit,
    max_unit: inventory.maxUnit, step_size: inventory.stepSize, allocation_ratio: inventory.allocationRatio,
  };
}

function fromRow(row: InventoryRow): Inventory {
  return { total: row.total, reserved: row.reserved, minUnit: row.min_unit, maxUnit: row.max_unit, stepSize: row.step_size, allocationRatio: row.allocation_ratio };
}
