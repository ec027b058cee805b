import { Injectable } from '@nestjs/common';
import { only } from '@virga/kernel';
import { type Reader, type Tx, fragment, json, nothing } from '@virga/persistence';
import type { BackendCapabilities } from '../backends/index.js';
import type { Explanation } from './explanation.js';
import type { BackendState } from './scheduler.js';
import type { SchedulingDecisionRow } from './scheduling-decision.row.js';

interface StateRow {
  name: string;
  host: string;
  backend: string;
  kind: string;
  availability_zone: string;
  is_up: boolean;
  is_available: boolean;
  is_enabled: boolean;
  is_frozen: boolean;
  total_bytes: number;
  free_bytes: number;
  provisioned_bytes: number;
  promised_gibibytes: number;
  reserved_percentage: number;
  max_over_subscription_ratio: number;
  capabilities: BackendCapabilities;
  volume_count: number;
}

const GIBIBYTE = 1024 ** 3;

@Injectable()
export class SchedulingRepository {
  /** Every backend as the scheduler sees it, or one of them, in one statement. */
  async backends(db: Reader, { upSince, name }: { upSince: Date; name?: string }): Promise<BackendState[]> {
    const which = name === undefined ? nothing : fragment`WHERE b.name = ${name}`;
    const rows = await db.sql<StateRow>`
      SELECT b.*, b.seen_at >= ${upSince} AS is_up, coalesce(v.gibibytes, 0) + coalesce(s.gibibytes, 0) AS promised_gibibytes, coalesce(v.count, 0) AS volume_count
      FROM backend b
      LEFT JOIN LATERAL (
        SELECT sum(size_gibibytes + growth_gibibytes) AS gibibytes, count(*)::integer AS count FROM volume WHERE backend = b.name AND deleted_at IS NULL) v ON true
      LEFT JOIN LATERAL (SELECT sum(size_gibibytes) AS gibibytes FROM snapshot WHERE backend = b.name AND deleted_at IS NULL) s ON true
      ${which} ORDER BY b.name`;
    return rows.map(stateFrom);
  }

  /** Keeps others from placing volumes on the backend until the transaction ends. */
  async lock(tx: Tx, backend: string): Promise<void> {
    await tx.sql`SELECT pg_advisory_xact_lock(hashtextextended(${`backend ${backend}`}, 0))`;
  }

  async keep(tx: Tx, volumeId: string, at: Date, explanation: Explanation): Promise<void> {
    await tx.sql`
      INSERT INTO scheduling_decision (volume_id, decided_at, decision) VALUES (${volumeId}, ${at}, ${json(explanation)})
      ON CONFLICT (volume_id) DO UPDATE SET decided_at = excluded.decided_at, decision = excluded.decision`;
  }

  async findDecision(db: Reader, volumeId: string): Promise<{ decidedAt: Date; explanation: Explanation } | undefined> {
    const row = only(await db.sql<SchedulingDecisionRow>`SELECT * FROM scheduling_decision WHERE volume_id = ${volumeId}`);
    return row && { decidedAt: row.decided_at, explanation: row.decision as Explanation };
  }
}

function stateFrom(row: StateRow): BackendState {
  return {
    name: row.name, host: row.host, backend: row.backend, kind: row.kind, zone: row.availability_zone, isUp: row.is_up, isAvailable: row.is_available,
    isEnabled: row.is_enabled, isFrozen: row.is_frozen, totalGibibytes: row.total_bytes / GIBIBYTE, freeGibibytes: row.free_bytes / GIBIBYTE,
    provisionedGibibytes: Math.max(row.provisioned_bytes / GIBIBYTE, Number(row.promised_gibibytes)), reservedPercentage: row.reserved_percentage,
    maxOverSubscriptionRatio: row.max_over_subscription_ratio, capabilities: row.capabilities, volumeCount: row.volume_count,
  };
}
