import { Injectable } from '@nestjs/common';
import type { Reader, Tx } from '@virga/persistence';
import { ScheduleProductRow } from './schedule-product.row.js';
import type { Product, ProductKind, ScheduleId } from './schedule.js';

/** The table `schedule_product`: what schedules have made, and may therefore remove. */
@Injectable()
export class ScheduleProductsRepository {
  async insert(tx: Tx, products: readonly Omit<Product, 'isComplete'>[]): Promise<void> {
    await tx.insertAll(ScheduleProductRow, products.map(({ id, scheduleId, volumeId, kind, isIncremental, createdAt }) => ({
      id, schedule_id: scheduleId, volume_id: volumeId, kind, is_incremental: isIncremental, created_at: createdAt,
    })));
  }

  /** Those of the volumes that are of the schedule. */
  async of(db: Reader, scheduleId: ScheduleId, kind: ProductKind, volumeIds: readonly string[]): Promise<Product[]> {
    const rows = await db.sql<ScheduleProductRow>`
      SELECT * FROM schedule_product WHERE schedule_id = ${scheduleId} AND kind = ${kind} AND volume_id = ANY(${[...volumeIds]}::uuid[]) ORDER BY created_at DESC, id DESC`;
    return rows.map(fromRow);
  }

  async complete(tx: Tx, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await tx.sql`UPDATE schedule_product SET is_complete = true WHERE id = ANY(${[...ids]}::uuid[]) AND NOT is_complete`;
  }

  async forget(tx: Tx, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await tx.sql`DELETE FROM schedule_product WHERE id = ANY(${[...ids]}::uuid[])`;
  }
}

function fromRow(row: ScheduleProductRow): Product {
  return {
    id: row.id, scheduleId: row.schedule_id as ScheduleId, volumeId: row.volume_id, kind: row.kind as ProductKind, isIncremental: row.is_incremental,
    isComplete: row.is_complete, createdAt: row.created_at,
  };
}
