import { Injectable } from '@nestjs/common';
import type { Reader, Tx } from '@virga/persistence';

/** The host aggregates of the compute API as Placement knows them: a host's provider belongs to the aggregate of the same UUID. */
@Injectable()
export class ProviderAggregatesRepository {
  async ensureMember(tx: Tx, provider: string, aggregate: string): Promise<void> {
    await tx.sql`
      WITH added AS (
        INSERT INTO provider_aggregate (provider_uuid, aggregate_uuid) SELECT uuid, ${aggregate} FROM resource_provider WHERE uuid = ${provider}
        ON CONFLICT DO NOTHING RETURNING provider_uuid)
      UPDATE resource_provider SET generation = generation + 1, updated_at = now() WHERE uuid IN (SELECT provider_uuid FROM added)`;
  }

  async ensureNoMember(tx: Tx, provider: string, aggregate: string): Promise<void> {
    await tx.sql`
      WITH removed AS (DELETE FROM provider_aggregate WHERE provider_uuid = ${provider} AND aggregate_uuid = ${aggregate} RETURNING provider_uuid)
      UPDATE resource_provider SET generation = generation + 1, updated_at = now() WHERE uuid IN (SELECT provider_uuid FROM removed)`;
  }

  /** The aggregates of a provider, in the order of their ids. */
  async list(db: Reader, provider: string): Promise<string[]> {
    const rows = await db.sql<{ aggregate_uuid: string }>`SELECT aggregate_uuid FROM provider_aggregate WHERE provider_uuid = ${provider} ORDER BY aggregate_uuid`;
    return rows.map((row) => row.aggregate_uuid);
  }

  /** Gives the provider exactly these aggregates; its generation is the caller's business. */
  async replace(tx: Tx, provider: string, aggregates: readonly string[]): Promise<void> {
    await tx.sql`DELETE FROM provider_aggregate WHERE provider_uuid = ${provider} AND aggregate_uuid <> ALL(${aggregates}::uuid[])`;
    await tx.sql`INSERT INTO provider_aggregate (provider_uuid, aggregate_uuid) SELECT ${provider}, unnest(${aggregates}::uuid[]) ON CONFLICT DO NOTHING`;
  }
}
