import { Injectable } from '@nestjs/common';
import { all, onForeignKey, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { listed, pageClauses, Unknown, type Listed, type Page } from '../listing/index.js';
import { LimitExists, type Limit } from './limit.js';

interface ReadRow {
  id: string;
  service_id: string;
  region_id: string | null;
  resource_name: string;
  resource_limit: number;
  description: string | null;
  project_id: string;
  is_domain: boolean;
  domain_id: string | null;
}

export interface NewLimit {
  id: string;
  registeredLimitId: string;
  /** A project or a domain. */
  targetId: string;
  resourceName: string;
  resourceLimit: number;
  description: string | null;
}

/** Limits of single projects and domains. */
@Injectable()
export class LimitsRepository {
  async find(db: Reader, conditions: readonly Fragment[], page: Page): Promise<Listed<Limit>> {
    const { after, tail } = pageClauses(page, 'project_limit', 'l', 'project_id');
    const rows = await db.sql<ReadRow>`
      SELECT l.id, r.service_id, r.region_id, r.resource_name, l.resource_limit, l.description, l.project_id, p.is_domain, p.domain_id
      FROM project_limit l JOIN registered_limit r ON r.id = l.registered_limit_id JOIN project p ON p.id = l.project_id
      WHERE ${all([...conditions, after])} ${tail}`;
    return listed(rows.map(fromRow), page);
  }

  async insert(tx: Tx, limit: NewLimit): Promise<void> {
    await tx.sql`
      INSERT INTO project_limit (id, registered_limit_id, project_id, resource_limit, description)
      VALUES (${limit.id}, ${limit.registeredLimitId}, ${limit.targetId}, ${limit.resourceLimit}, ${limit.description})`
      .catch(onUnique('project_limit_once', () => new LimitExists(limit.resourceName)))
      .catch(onForeignKey('project_limit_project_id_fkey', () => new Unknown('project', limit.targetId)));
  }

  async update(tx: Tx, id: string, resourceLimit: number | null, description: string | null | undefined): Promise<boolean> {
    const rows = await tx.sql`
      UPDATE project_limit SET resource_limit = COALESCE(${resourceLimit}, resource_limit),
        description = CASE WHEN ${description !== undefined} THEN ${description ?? null} ELSE description END
      WHERE id = ${id} RETURNING id`;
    return rows.length > 0;
  }

  async delete(tx: Tx, id: string): Promise<boolean> {
    return (await tx.sql`DELETE FROM project_limit WHERE id = ${id} RETURNING id`).length > 0;
  }
}

function fromRow(row: ReadRow): Limit {
  return {
    id: row.id, serviceId: row.service_id, regionId: row.region_id, resourceName: row.resource_name, resourceLimit: row.resource_limit, description: row.description,
    projectId: row.is_domain ? null : row.project_id, domainId: row.is_domain ? row.project_id : null, projectDomainId: row.domain_id,
  };
}
