import { Injectable } from '@nestjs/common';
import { all, fragment, json, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { listed, pageClauses, type Listed, type Page } from '../listing/index.js';
import { DomainExists, ProjectExists, type Project, type ProjectChange } from './project.js';
import { ProjectRow } from './project.row.js';

@Injectable()
export class ProjectsRepository {
  async find(db: Reader, id: string): Promise<Project | undefined> {
    const [row] = await db.sql<ProjectRow>`SELECT * FROM project WHERE id = ${id}`;
    return row && fromRow(row);
  }

  /** The same, held against other changes until the transaction ends. */
  async lock(tx: Tx, id: string): Promise<Project | undefined> {
    const [row] = await tx.sql<ProjectRow>`SELECT * FROM project WHERE id = ${id} FOR UPDATE`;
    return row && fromRow(row);
  }

  async byIds(db: Reader, ids: readonly string[]): Promise<Project[]> {
    return (await db.sql<ProjectRow>`SELECT * FROM project WHERE id = ANY (${ids}) ORDER BY name, id`).map(fromRow);
  }

  async page(db: Reader, conditions: readonly Fragment[], page: Page): Promise<Listed<Project>> {
    const { after, tail } = pageClauses(page, 'project', 'p', 'name');
    const rows = await db.sql<ProjectRow>`SELECT p.* FROM project p WHERE ${all([...conditions, after])} ${tail}`;
    return listed(rows.map(fromRow), page);
  }

  /** Every project below, at any depth. */
  async descendants(db: Reader, id: string): Promise<Project[]> {
    return (await db.sql<ProjectRow>`SELECT * FROM project WHERE ancestors @> ARRAY[${id}] ORDER BY name, id`).map(fromRow);
  }

  async hasDescendants(db: Reader, id: string, which: 'any' | 'enabled'): Promise<boolean> {
    const rows = await db.sql`SELECT FROM project WHERE ancestors @> ARRAY[${id}] AND (enabled OR ${which === 'any'}) LIMIT 1`;
    return rows.length > 0;
  }

  async insert(tx: Tx, project: Project): Promise<void> {
    await tx.insert(ProjectRow, {
      id: project.id, name: project.name, is_domain: project.isDomain, domain_id: project.domainId, parent_id: project.parentId,
      ancestors: [...project.ancestors], enabled: project.isEnabled, description: project.description, tags: [...project.tags],
      options: project.options, extra: project.extra,
    }).catch(onUnique('project_name', () => new ProjectExists(project.name)))
      .catch(onUnique('domain_name', () => new DomainExists(project.name)))
      .catch(onUnique('project_pkey', () => new DomainExists(project.name)));
  }

  /** Writes what changed of a locked project. Disabling voids its tokens for good. */
  async update(tx: Tx, seen: Project, change: ProjectChange): Promise<Project> {
    const next = { ...seen, ...change };
    const voids = seen.isEnabled && !next.isEnabled ? 1 : 0;
    await tx.sql`
      UPDATE project SET name = ${next.name}, description = ${next.description}, enabled = ${next.isEnabled}, tags = ${next.tags},
        options = ${json(next.options)}, extra = ${json(next.extra)}, token_epoch = token_epoch + ${voids}
      WHERE id = ${seen.id}`
      .catch(onUnique('project_name', () => new ProjectExists(next.name)))
      .catch(onUnique('domain_name', () => new DomainExists(next.name)));
    return next;
  }

  /** Removes a project, or a domain with all that is in it, and what no foreign key removes with them. */
  async delete(tx: Tx, id: string): Promise<void> {
    await tx.sql`
      DELETE FROM credential WHERE project_id IN (SELECT id FROM project WHERE id = ${id} OR domain_id = ${id})
        OR user_id IN (SELECT id FROM "user" WHERE domain_id = ${id})`;
    await tx.sql`
      UPDATE "user" SET default_project_id = NULL WHERE default_project_id IN (SELECT id FROM project WHERE id = ${id} OR domain_id = ${id})`;
    await tx.sql`DELETE FROM project WHERE id = ${id} OR domain_id = ${id}`;
  }
}

/** Projects with or without certain tags (api-wg tags guideline). */
export function tagFilters(tags: { all?: string[]; any?: string[]; notAll?: string[]; notAny?: string[] }): Fragment[] {
  return [
    ...(tags.all === undefined ? [] : [fragment`p.tags @> ${tags.all}::text[]`]),
    ...(tags.any === undefined ? [] : [fragment`p.tags && ${tags.any}::text[]`]),
    ...(tags.notAll === undefined ? [] : [fragment`NOT p.tags @> ${tags.notAll}::text[]`]),
    ...(tags.notAny === undefined ? [] : [fragment`NOT p.tags && ${tags.notAny}::text[]`]),
  ];
}

/** Projects or domains that a user has any role on: directly, by a group, or inherited. */
export function accessibleTo(userId: string): Fragment {
  return fragment`EXISTS (
    SELECT FROM assignment a
    WHERE (a.user_id = ${userId} OR a.group_id IN (SELECT m.group_id FROM group_member m WHERE m.user_id = ${userId}))
      AND ((a.project_id = p.id AND NOT a.inherited) OR (a.inherited AND a.project_id = ANY (p.ancestors))))`;
}

function fromRow(row: ProjectRow): Project {
  return {
    id: row.id, name: row.name, isDomain: row.is_domain, domainId: row.domain_id, parentId: row.parent_id, ancestors: row.ancestors,
    isEnabled: row.enabled, description: row.description, tags: row.tags, options: row.options, extra: row.extra,
  };
}
