import { Injectable } from '@nestjs/common';
import type { MessageBody } from '@virga/contract';
import type { storageReport } from '@virga/contracts-block-storage';
import { only, type Instant } from '@virga/kernel';
import { type Reader, type Tx, json } from '@virga/persistence';
import { backendName, type Backend, type BackendCapabilities } from './backend.js';
import type { BackendRow } from './backend.row.js';

export type StorageReport = MessageBody<typeof storageReport>;

/** A report: who sends it and which of two is newer. */
export interface ReportSource {
  host: string;
  sequence: number;
  at: Instant;
}

@Injectable()
export class BackendsRepository {
  /** Notes what a storage host says of its backends; those that it does not name are not available. Answers those for which this was news. */
  async record(tx: Tx, { host, sequence, at }: ReportSource, report: StorageReport): Promise<string[]> {
    const given = report.backends.map((backend) => ({
      name: backendName(host, backend.name), backend: backend.name, kind: backend.kind, is_available: backend.isAvailable, total_bytes: backend.totalBytes,
      free_bytes: backend.freeBytes, provisioned_bytes: backend.provisionedBytes, capabilities: backend.capabilities,
      reserved_percentage: backend.reservedPercentage, max_over_subscription_ratio: backend.maxOverSubscriptionRatio,
    }));
    const rows = await tx.sql<{ name: string }>`
      INSERT INTO backend AS b (
        name, host, backend, kind, availability_zone, agent_version, total_bytes, free_bytes, provisioned_bytes, is_available, capabilities,
        reserved_percentage, max_over_subscription_ratio, sequence, seen_at)
      SELECT name, ${host}, backend, kind, ${report.availabilityZone}, ${report.agentVersion}, total_bytes, free_bytes, provisioned_bytes, is_available, capabilities,
        reserved_percentage, max_over_subscription_ratio, ${sequence}, ${new Date(at)}
      FROM jsonb_to_recordset(${json(given)}::jsonb) AS g (
        name text, backend text, kind text, is_available boolean, total_bytes bigint, free_bytes bigint, provisioned_bytes bigint, capabilities jsonb,
        reserved_percentage integer, max_over_subscription_ratio double precision)
      ORDER BY name
      ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, availability_zone = excluded.availability_zone, agent_version = excluded.agent_version,
        total_bytes = excluded.total_bytes, free_bytes = excluded.free_bytes, provisioned_bytes = excluded.provisioned_bytes,
        is_available = excluded.is_available, capabilities = excluded.capabilities, reserved_percentage = excluded.reserved_percentage,
        max_over_subscription_ratio = excluded.max_over_subscription_ratio, sequence = excluded.sequence, seen_at = excluded.seen_at, updated_at = now()
      WHERE b.sequence < excluded.sequence
      RETURNING b.name`;
    await tx.sql`
      UPDATE backend SET is_available = false, updated_at = now()
      WHERE host = ${host} AND sequence < ${sequence} AND is_available AND name <> ALL (${given.map(({ name }) => name)}::text[])`;
    return rows.map(({ name }) => name);
  }

  /** Any other report shows as well that its host lives. */
  async touch(tx: Tx, { host, at }: ReportSource): Promise<void> {
    await tx.sql`UPDATE backend SET seen_at = ${new Date(at)} WHERE host = ${host} AND seen_at < ${new Date(at - 5_000)}`;
  }

  async find(db: Reader, name: string): Promise<Backend | undefined> {
    const row = only(await db.sql<BackendRow>`SELECT * FROM backend WHERE name = ${name}`);
    return row && fromRow(row);
  }

  /** When each backend that works was last heard of, by its name. */
  async heardOf(db: Reader): Promise<Map<string, Instant>> {
    return new Map((await this.list(db)).filter(({ isAvailable }) => isAvailable).map(({ name, seenAt }) => [name, seenAt]));
  }

  async list(db: Reader): Promise<Backend[]> {
    return (await db.sql<BackendRow>`SELECT * FROM backend ORDER BY name`).map(fromRow);
  }

  /** Whether the backend's host has not been heard of since, or was never there. */
  async isSilent(db: Reader, name: string, since: Date): Promise<boolean> {
    const [row] = await db.sql<{ is_silent: boolean }>`SELECT seen_at < ${since} AS is_silent FROM backend WHERE name = ${name}`;
    return row?.is_silent ?? true;
  }

  async isZone(db: Reader, zone: string): Promise<boolean> {
    const [row] = await db.sql<{ exists: boolean }>`SELECT EXISTS (SELECT FROM backend WHERE availability_zone = ${zone}) AS exists`;
    return row?.exists === true;
  }
}

function fromRow(row: BackendRow): Backend {
  return {
    name: row.name, id: row.id, host: row.host, backend: row.backend, kind: row.kind, availabilityZone: row.availability_zone, agentVersion: row.agent_version,
    isEnabled: row.is_enabled, disabledReason: row.disabled_reason, isFrozen: row.is_frozen, replicationStatus: row.replication_status,
    activeBackendId: row.active_backend_id, totalBytes: row.total_bytes, freeBytes: row.free_bytes, provisionedBytes: row.provisioned_bytes,
    isAvailable: row.is_available, capabilities: row.capabilities as BackendCapabilities, reservedPercentage: row.reserved_percentage,
    maxOverSubscriptionRatio: row.max_over_subscription_ratio, seenAt: row.seen_at.getTime(), createdAt: row.created_at, updatedAt: row.updated_at,
  };
}
