import { Injectable } from '@nestjs/common';
import { isUuid } from '@virga/kernel';
import { fragment, json, nothing, type Reader, type Tx } from '@virga/persistence';
import { stockFrom } from '../placement.repository.js';
import type { Amounts, Stock } from '../ledger.js';
import type { ConsumerRow, InventoryRow } from '../placement.row.js';
import { UNKNOWN_TYPE, type Consumer, type WantedAllocations } from './allocation.js';

/** What one consumer has of one provider. */
export interface Share {
  consumer: string;
  consumerGeneration: number;
  provider: string;
  providerGeneration: number;
  amounts: Amounts;
}

/** What is taken, by type of consumer. */
export interface TypeUsage {
  type: string;
  consumers: number;
  amounts: Amounts;
}

@Injectable()
export class AllocationsRepository {
  async findConsumer(db: Reader, uuid: string): Promise<Consumer | undefined> {
    if (!isUuid(uuid)) return undefined;
    const [row] = await db.sql<ConsumerRow>`SELECT * FROM consumer WHERE uuid = ${uuid}`;
    return row && fromRow(row);
  }

  /** Those that there are of the given ones, locked in an order that all writers keep. */
  async lockConsumers(tx: Tx, uuids: readonly string[]): Promise<Map<string, Consumer>> {
    const rows = await tx.sql<ConsumerRow>`SELECT * FROM consumer WHERE uuid = ANY(${uuids}::uuid[]) ORDER BY uuid FOR UPDATE`;
    return new Map(rows.map((row) => [row.uuid, fromRow(row)]));
  }

  ofConsumer(db: Reader, consumer: string): Promise<Share[]> {
    return this.shares(db, fragment`a.consumer_uuid = ${consumer}`);
  }

  ofProvider(db: Reader, provider: string): Promise<Share[]> {
    return this.shares(db, fragment`a.provider_uuid = ${provider}`);
  }

  /** The providers that the consumers have something of. */
  async providersOf(db: Reader, consumers: readonly string[]): Promise<string[]> {
    const rows = await db.sql<{ provider_uuid: string }>`SELECT DISTINCT provider_uuid FROM allocation WHERE consumer_uuid = ANY(${consumers}::uuid[])`;
    return rows.map((row) => row.provider_uuid);
  }

  /** What providers have, with what is taken of it, by provider and resource class. */
  async stocks(db: Reader, providers: readonly string[] | 'all'): Promise<Map<string, Map<string, Stock>>> {
    const which = providers === 'all' ? nothing : fragment`WHERE i.provider_uuid = ANY(${providers}::uuid[])`;
    const rows = await db.sql<InventoryRow & { used: number }>`
      SELECT i.*, coalesce((SELECT sum(a.used) FROM allocation a WHERE a.provider_uuid = i.provider_uuid AND a.resource_class = i.resource_class), 0) AS used
      FROM inventory i ${which}`;
    const stocks = new Map<string, Map<string, Stock>>();
    for (const row of rows) {
      const own = stocks.get(row.provider_uuid) ?? new Map<string, Stock>();
      stocks.set(row.provider_uuid, own.set(row.resource_class, { ...stockFrom(row), used: Number(row.used) }));
    }
    return stocks;
  }

  async deleteOf(tx: Tx, consumers: readonly string[]): Promise<void> {
    await tx.sql`DELETE FROM allocation WHERE consumer_uuid = ANY(${consumers}::uuid[])`;
  }

  async deleteConsumers(tx: Tx, consumers: readonly string[]): Promise<void> {
    await tx.sql`DELETE FROM consumer WHERE uuid = ANY(${consumers}::uuid[])`;
  }

  /** Makes or changes the consumers, raising their generations, and writes what they have; they have nothing before. */
  async write(tx: Tx, wanted: readonly WantedAllocations[]): Promise<void> {
    const consumers = wanted.map(({ consumer, project, user, type }) => ({ uuid: consumer, project_id: project, user_id: user, type: type ?? null }));
    const rows = wanted.flatMap(({ consumer, byProvider }) => [...byProvider].flatMap(([provider, amounts]) =>
      Object.entries(amounts).map(([resourceClass, used]) => ({ consumer_uuid: consumer, provider_uuid: provider, resource_class: resourceClass, used }))));
    await tx.sql`
      INSERT INTO consumer AS c (uuid, project_id, user_id, type, generation)
      SELECT uuid, project_id, user_id, coalesce(type, ${UNKNOWN_TYPE}), 1
      FROM jsonb_to_recordset(${json(consumers)}::jsonb) AS given (uuid uuid, project_id text, user_id text, type text)
      ON CONFLICT (uuid) DO UPDATE SET project_id = excluded.project_id, user_id = excluded.user_id, generation = c.generation + 1, updated_at = now(),
        type = CASE WHEN excluded.type = ${UNKNOWN_TYPE} THEN c.type ELSE excluded.type END`;
    await tx.sql`
      INSERT INTO allocation (consumer_uuid, provider_uuid, resource_class, used)
      SELECT consumer_uuid, provider_uuid, resource_class, used
      FROM jsonb_to_recordset(${json(rows)}::jsonb) AS given (consumer_uuid uuid, provider_uuid uuid, resource_class text, used integer)`;
  }

  /** What is taken of a provider, by class; classes that it has and nobody uses are 0. */
  async usageOfProvider(db: Reader, provider: string): Promise<Amounts> {
    const rows = await db.sql<{ resource_class: string; used: number }>`
      SELECT i.resource_class, coalesce((SELECT sum(a.used) FROM allocation a WHERE a.provider_uuid = i.provider_uuid AND a.resource_class = i.resource_class), 0) AS used
      FROM inventory i WHERE i.provider_uuid = ${provider} ORDER BY i.resource_class`;
    return Object.fromEntries(rows.map((row) => [row.resource_class, Number(row.used)]));
  }

  /** What a project, or one of its users, has of all providers. */
  async usageOfOwner(db: Reader, { project, user, type }: { project: string; user: string | undefined; type: string | undefined }): Promise<TypeUsage[]> {
    const ofUser = user === undefined ? nothing : fragment`AND c.user_id = ${user}`;
    const ofType = type === undefined ? nothing : fragment`AND c.type = ${type}`;
    const rows = await db.sql<{ type: string; consumers: number; amounts: Amounts }>`
      WITH own AS (SELECT c.uuid, c.type FROM consumer c WHERE c.project_id = ${project} ${ofUser} ${ofType}),
        used AS (SELECT o.type, a.resource_class, sum(a.used) AS used FROM allocation a JOIN own o ON o.uuid = a.consumer_uuid GROUP BY o.type, a.resource_class)
      SELECT u.type, (SELECT count(*) FROM own o WHERE o.type = u.type AND EXISTS (SELECT FROM allocation a WHERE a.consumer_uuid = o.uuid)) AS consumers,
        jsonb_object_agg(u.resource_class, u.used) AS amounts
      FROM used u GROUP BY u.type ORDER BY u.type`;
    return rows.map((row) => ({ type: row.type, consumers: Number(row.consumers), amounts: row.amounts }));
  }

  private async shares(db: Reader, which: ReturnType<typeof fragment>): Promise<Share[]> {
    const rows = await db.sql<{ consumer: string; consumer_generation: number; provider: string; provider_generation: number; amounts: Amounts }>`
      SELECT a.consumer_uuid AS consumer, c.generation AS consumer_generation, a.provider_uuid AS provider, p.generation AS provider_generation,
        jsonb_object_agg(a.resource_class, a.used) AS amounts
      FROM allocation a JOIN consumer c ON c.uuid = a.consumer_uuid JOIN resource_provider p ON p.uuid = a.provider_uuid
      WHERE ${which} GROUP BY 1, 2, 3, 4 ORDER BY 1, 3`;
    return rows.map((row) => ({
      consumer: row.consumer, consumerGeneration: row.consumer_generation, provider: row.provider, providerGeneration: row.provider_generation, amounts: row.amounts,
    }));
  }
}

function fromRow(row: ConsumerRow): Consumer {
  return { uuid: row.uuid, project: row.project_id, user: row.user_id, type: row.type, generation: row.generation };
}
