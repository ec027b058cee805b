import { Injectable } from '@nestjs/common';
import { all, onForeignKey, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { listed, pageClauses, Unknown, type Listed, type Page } from '../listing/index.js';
import { LimitRegistered, RegisteredLimitInUse, type RegisteredLimit } from './limit.js';

interface ReadRow {
  id: string;
  service_id: string;
  region_id: string | null;
  resource_name: string;
  default_limit: number;
  description: string | null;
}

@Injectable()
export class RegisteredLimitsRepository {
  async page(db: Reader, conditions: readonly Fragment[], page: Page): Promise<Listed<RegisteredLimit>> {
    const { after, tail } = pageClauses(page, 'registered_limit', 'r', 'resource_name');
    return listed((await db.sql<ReadRow>`SELECT r.* FROM registered_limit r WHERE ${all([...conditions, after])} ${tail}`).map(fromRow), page);
  }

  async find(db: Reader, id: string): Promise<RegisteredLimit | undefined> {
    const [row] = await db.sql<ReadRow>`SELECT * FROM registered_limit WHERE id = ${id}`;
    return row && fromRow(row);
  }

  async lock(tx: Tx, id: string): Promise<RegisteredLimit | undefined> {
    const [row] = await tx.sql<ReadRow>`SELECT * FROM registered_limit WHERE id = ${id} FOR UPDATE`;
    return row && fromRow(row);
  }

  /** The registered limit of a service's resource in exactly this region, or for all regions. */
  async findFor(db: Reader, serviceId: string, regionId: string | null, resourceName: string): Promise<RegisteredLimit | undefined> {
    const [row] = await db.sql<ReadRow>`
      SELECT * FROM registered_limit WHERE service_id = ${serviceId} AND region_id IS NOT DISTINCT FROM ${regionId} AND resource_name = ${resourceName}`;
    return row && fromRow(row);
  }

  async hasLimits(db: Reader, id: string): Promise<boolean> {
    return (await db.sql`SELECT FROM project_limit WHERE registered_limit_id = ${id} LIMIT 1`).length > 0;
  }

  async insert(tx: Tx, limit: RegisteredLimit): Promise<void> {
    await translated(limit, tx.sql`
      INSERT INTO registered_limit (id, service_id, region_id, resource_name, default_limit, description)
      VALUES (${limit.id}, ${limit.serviceId}, ${limit.regionId}, ${limit.resourceName}, ${limit.defaultLimit}, ${limit.description})`);
  }

  async update(tx: Tx, limit: RegisteredLimit): Promise<void> {
    await translated(limit, tx.sql`
      UPDATE registered_limit SET service_id = ${limit.serviceId}, region_id = ${limit.regionId}, resource_name = ${limit.resourceName},
        default_limit = ${limit.defaultLimit}, description = ${limit.description}
      WHERE id = ${limit.id}`);
  }

  async delete(tx: Tx, id: string): Promise<boolean> {
    const rows = await tx.sql`DELETE FROM registered_limit WHERE id = ${id} RETURNING id`.catch(onForeignKey('project_limit_registered', () => new RegisteredLimitInUse(id)));
    return rows.length > 0;
  }
}

function translated(limit: RegisteredLimit, statement: Promise<unknown>): Promise<unknown> {
  return statement
    .catch(onUnique('registered_limit_once', () => new LimitRegistered(limit.resourceName)))
    .catch(onForeignKey('registered_limit_service', () => new Unknown('service', limit.serviceId)))
    .catch(onForeignKey('registered_limit_region', () => new Unknown('region', limit.regionId ?? '')));
}

function fromRow(row: ReadRow): RegisteredLimit {
  return {
    id: row.id, serviceId: row.service_id, regionId: row.region_id, resourceName: row.resource_name, defaultLimit: row.default_limit, description: row.description,
  };
}
