import { Injectable } from '@nestjs/common';
import { all, json, onForeignKey, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { listed, Missing, pageClauses, type Listed, type Page } from '../listing/index.js';
import { RoleExists, type Implication, type Role, type RoleChange } from './role.js';
import { RoleRow } from './role.row.js';

@Injectable()
export class RolesRepository {
  async find(db: Reader, id: string): Promise<Role | undefined> {
    const [row] = await db.sql<RoleRow>`SELECT * FROM role WHERE id = ${id}`;
    return row && fromRow(row);
  }

  async lock(tx: Tx, id: string): Promise<Role | undefined> {
    const [row] = await tx.sql<RoleRow>`SELECT * FROM role WHERE id = ${id} FOR UPDATE`;
    return row && fromRow(row);
  }

  async byIds(db: Reader, ids: readonly string[]): Promise<Role[]> {
    return (await db.sql<RoleRow>`SELECT * FROM role WHERE id = ANY (${ids}) ORDER BY name, id`).map(fromRow);
  }

  async page(db: Reader, conditions: readonly Fragment[], page: Page): Promise<Listed<Role>> {
    const { after, tail } = pageClauses(page, 'role', 'r', 'name');
    return listed((await db.sql<RoleRow>`SELECT r.* FROM role r WHERE ${all([...conditions, after])} ${tail}`).map(fromRow), page);
  }

  async insert(tx: Tx, role: Role): Promise<void> {
    await tx.insert(RoleRow, { id: role.id, name: role.name, domain_id: role.domainId, description: role.description, options: role.options, extra: role.extra })
      .catch(onUnique('role_name', () => new RoleExists(role.name))).catch(onForeignKey('role_domain', () => new Missing('domain', role.domainId ?? '')));
  }

  async update(tx: Tx, seen: Role, change: RoleChange): Promise<Role> {
    const next = { ...seen, ...change };
    await tx.sql`
      UPDATE role SET name = ${next.name}, description = ${next.description}, options = ${json(next.options)}, extra = ${json(next.extra)} WHERE id = ${seen.id}`
      .catch(onUnique('role_name', () => new RoleExists(next.name)));
    return next;
  }

  async delete(tx: Tx, id: string): Promise<void> {
    await tx.sql`DELETE FROM role WHERE id = ${id}`;
  }

  /** All implications, or those of one role. */
  async implications(db: Reader, priorId?: string): Promise<Implication[]> {
    const rows = await db.sql<{ prior_id: string; prior_name: string; implied_id: string; implied_name: string }>`
      SELECT p.id AS prior_id, p.name AS prior_name, r.id AS implied_id, r.name AS implied_name
      FROM implied_role i JOIN role p ON p.id = i.prior_role_id JOIN role r ON r.id = i.implied_role_id
      WHERE ${priorId ?? null}::text IS NULL OR p.id = ${priorId ?? null}
      ORDER BY p.name, p.id, r.name, r.id`;
    return rows.map((row) => ({ prior: { id: row.prior_id, name: row.prior_name }, implied: { id: row.implied_id, name: row.implied_name } }));
  }

  async imply(tx: Tx, priorId: string, impliedId: string): Promise<void> {
    await tx.sql`INSERT INTO implied_role (prior_role_id, implied_role_id) VALUES (${priorId}, ${impliedId}) ON CONFLICT DO NOTHING`
      .catch(onForeignKey('implied_role_prior_role_id_fkey', () => new Missing('role', priorId)))
      .catch(onForeignKey('implied_role_implied_role_id_fkey', () => new Missing('role', impliedId)));
  }

  async unimply(tx: Tx, priorId: string, impliedId: string): Promise<boolean> {
    return (await tx.sql`DELETE FROM implied_role WHERE prior_role_id = ${priorId} AND implied_role_id = ${impliedId} RETURNING prior_role_id`).length > 0;
  }
}

function fromRow(row: RoleRow): Role {
  return { id: row.id, name: row.name, domainId: row.domain_id, description: row.description, options: row.options, extra: row.extra };
}
