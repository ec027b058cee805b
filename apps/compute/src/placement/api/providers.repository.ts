import { Injectable } from '@nestjs/common';
import { isUuid, only, raise } from '@virga/kernel';
import { all, fragment, onForeignKey, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import type { Amounts } from '../ledger.js';
import { ResourceProviderRow } from '../placement.row.js';
import { ProviderExists, ProviderHasChildren, ProviderInUse, ProviderUnknown, type Provider } from './provider.js';
import type { Membership, TraitRules } from './queries.js';

export interface ProviderFilters {
  name: string | undefined;
  uuid: string | undefined;
  /** A provider whose whole tree is meant. */
  inTree: string | undefined;
  resources: Amounts | undefined;
  membership: Membership;
  traits: TraitRules;
}

@Injectable()
export class ProvidersRepository {
  async list(db: Reader, filters: ProviderFilters): Promise<Provider[]> {
    const rows = await db.sql<ResourceProviderRow>`SELECT p.* FROM resource_provider p WHERE ${all(conditions(filters))} ORDER BY p.created_at, p.uuid`;
    return rows.map(fromRow);
  }

  async find(db: Reader, uuid: string): Promise<Provider | undefined> {
    if (!isUuid(uuid)) return undefined;
    const row = only(await db.sql<ResourceProviderRow>`SELECT * FROM resource_provider WHERE uuid = ${uuid}`);
    return row && fromRow(row);
  }

  async get(db: Reader, uuid: string): Promise<Provider> {
    return await this.find(db, uuid) ?? raise(new ProviderUnknown(uuid));
  }

  /** The provider; nobody else changes it, or what it has, until the transaction ends. */
  async lock(tx: Tx, uuid: string): Promise<Provider> {
    const rows = isUuid(uuid) ? await tx.sql<ResourceProviderRow>`SELECT * FROM resource_provider WHERE uuid = ${uuid} FOR UPDATE` : [];
    return fromRow(only(rows) ?? raise(new ProviderUnknown(uuid)));
  }

  /** Those that there are of the given ones, locked in an order that all writers keep. */
  async lockAll(tx: Tx, uuids: readonly string[]): Promise<Map<string, Provider>> {
    const rows = await tx.sql<ResourceProviderRow>`SELECT * FROM resource_provider WHERE uuid = ANY(${uuids}::uuid[]) ORDER BY uuid FOR UPDATE`;
    return new Map(rows.map((row) => [row.uuid, fromRow(row)]));
  }

  async insert(tx: Tx, { uuid, name, parent, root }: Pick<Provider, 'uuid' | 'name' | 'parent' | 'root'>): Promise<Provider> {
    const row = await tx.insert(ResourceProviderRow, { uuid, name, parent_uuid: parent, root_uuid: root })
      .catch(onUnique('resource_provider_name', () => new ProviderExists(`name: ${name}`)))
      .catch(onUnique('resource_provider_pkey', () => new ProviderExists(`uuid: ${uuid}`)));
    return fromRow(row);
  }

  async rename(tx: Tx, uuid: string, name: string): Promise<void> {
    await tx.sql`UPDATE resource_provider SET name = ${name}, generation = generation + 1, updated_at = now() WHERE uuid = ${uuid} AND name <> ${name}`
      .catch(onUnique('resource_provider_name', () => new ProviderExists(name)));
  }

  /** The provider and everything below it. */
  async subtree(db: Reader, uuid: string): Promise<string[]> {
    const rows = await db.sql<{ uuid: string }>`
      WITH RECURSIVE below AS (
        SELECT uuid FROM resource_provider WHERE uuid = ${uuid}
        UNION ALL SELECT p.uuid FROM resource_provider p JOIN below b ON p.parent_uuid = b.uuid)
      SELECT uuid FROM below`;
    return rows.map((row) => row.uuid);
  }

  /** Hangs the provider with everything below it under another one, or makes it a root. */
  async move(tx: Tx, subtree: readonly string[], uuid: string, { parent, root }: Pick<Provider, 'parent' | 'root'>): Promise<void> {
    await tx.sql`UPDATE resource_provider SET parent_uuid = ${parent}, generation = generation + 1, updated_at = now() WHERE uuid = ${uuid}`;
    await tx.sql`UPDATE resource_provider SET root_uuid = ${root}, updated_at = now() WHERE uuid = ANY(${subtree}::uuid[])`;
  }

  async delete(tx: Tx, uuid: string): Promise<void> {
    const children = await tx.sql`SELECT FROM resource_provider WHERE parent_uuid = ${uuid} LIMIT 1`;
    if (children.length > 0) throw new ProviderHasChildren(uuid);
    const allocations = await tx.sql`SELECT FROM allocation WHERE provider_uuid = ${uuid} LIMIT 1`;
    if (allocations.length > 0) throw new ProviderInUse(uuid);
    await tx.sql`DELETE FROM resource_provider WHERE uuid = ${uuid}`
      .catch(onForeignKey('allocation_inventory', () => new ProviderInUse(uuid)))
      .catch(onForeignKey('resource_provider_parent', () => new ProviderHasChildren(uuid)));
  }

  /** Notes a change of what the provider has; answers its new generation. */
  async raiseGeneration(tx: Tx, uuids: readonly string[]): Promise<Map<string, number>> {
    const rows = await tx.sql<{ uuid: string; generation: number }>`
      UPDATE resource_provider SET generation = generation + 1, updated_at = now() WHERE uuid = ANY(${uuids}::uuid[]) RETURNING uuid, generation`;
    return new Map(rows.map((row) => [row.uuid, row.generation]));
  }
}

function conditions({ name, uuid, inTree, resources, membership, traits }: ProviderFilters): Fragment[] {
  return [
    ...(name === undefined ? [] : [fragment`p.name = ${name}`]),
    ...(uuid === undefined ? [] : [fragment`p.uuid = ${uuid}`]),
    ...(inTree === undefined ? [] : [fragment`p.root_uuid = (SELECT root_uuid FROM resource_provider WHERE uuid = ${inTree})`]),
    ...Object.entries(resources ?? {}).map(([resourceClass, amount]) => canGive(resourceClass, amount)),
    ...membership.anyOf.map((aggregates) => fragment`EXISTS (SELECT FROM provider_aggregate g WHERE g.provider_uuid = p.uuid AND g.aggregate_uuid = ANY(${aggregates}::uuid[]))`),
    ...(membership.noneOf.length === 0 ? [] : [fragment`NOT EXISTS (SELECT FROM provider_aggregate g WHERE g.provider_uuid = p.uuid AND g.aggregate_uuid = ANY(${membership.noneOf}::uuid[]))`]),
    ...traits.required.map((names) => fragment`EXISTS (SELECT FROM provider_trait t WHERE t.provider_uuid = p.uuid AND t.trait = ANY(${names}))`),
    ...(traits.forbidden.length === 0 ? [] : [fragment`NOT EXISTS (SELECT FROM provider_trait t WHERE t.provider_uuid = p.uuid AND t.trait = ANY(${traits.forbidden}))`]),
  ];
}

/** The same rule as `canTake`. */
function canGive(resourceClass: string, amount: number): Fragment {
  return fragment`EXISTS (
    SELECT FROM inventory i
    WHERE i.provider_uuid = p.uuid AND i.resource_class = ${resourceClass} AND ${amount}::integer BETWEEN i.min_unit AND i.max_unit AND ${amount}::integer % i.step_size = 0
      AND ${amount}::bigint + coalesce((SELECT sum(a.used) FROM allocation a WHERE a.provider_uuid = i.provider_uuid AND a.resource_class = i.resource_class), 0)
        <= floor((i.total - i.reserved) * i.allocation_ratio))`;
}

function fromRow(row: ResourceProviderRow): Provider {
  return { uuid: row.uuid, name: row.name, generation: row.generation, parent: row.parent_uuid, root: row.root_uuid, updatedAt: row.updated_at };
}
