import { Injectable } from '@nestjs/common';
import { all, fragment, json, onForeignKey, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { listed, Missing, pageClauses, type Listed, type Page } from '../listing/index.js';
import { GroupExists, type Group, type GroupChange } from './group.js';
import { GroupRow } from './group.row.js';

@Injectable()
export class GroupsRepository {
  async find(db: Reader, id: string): Promise<Group | undefined> {
    const [row] = await db.sql<GroupRow>`SELECT * FROM "group" WHERE id = ${id}`;
    return row && fromRow(row);
  }

  async lock(tx: Tx, id: string): Promise<Group | undefined> {
    const [row] = await tx.sql<GroupRow>`SELECT * FROM "group" WHERE id = ${id} FOR UPDATE`;
    return row && fromRow(row);
  }

  async page(db: Reader, conditions: readonly Fragment[], page: Page): Promise<Listed<Group>> {
    const { after, tail } = pageClauses(page, 'group', 'g', 'name');
    return listed((await db.sql<GroupRow>`SELECT g.* FROM "group" g WHERE ${all([...conditions, after])} ${tail}`).map(fromRow), page);
  }

  async insert(tx: Tx, group: Group): Promise<void> {
    await tx.insert(GroupRow, { id: group.id, domain_id: group.domainId, name: group.name, description: group.description, extra: group.extra })
      .catch(onUnique('group_name', () => new GroupExists(group.name))).catch(onForeignKey('group_domain', () => new Missing('domain', group.domainId)));
  }

  async update(tx: Tx, seen: Group, change: GroupChange): Promise<Group> {
    const next = { ...seen, ...change };
    await tx.sql`UPDATE "group" SET name = ${next.name}, description = ${next.description}, extra = ${json(next.extra)} WHERE id = ${seen.id}`
      .catch(onUnique('group_name', () => new GroupExists(next.name)));
    return next;
  }

  async delete(tx: Tx, id: string): Promise<boolean> {
    return (await tx.sql`DELETE FROM "group" WHERE id = ${id} RETURNING id`).length > 0;
  }

  async addMember(tx: Tx, groupId: string, userId: string): Promise<void> {
    await tx.sql`INSERT INTO group_member (group_id, user_id) VALUES (${groupId}, ${userId}) ON CONFLICT DO NOTHING`
      .catch(onForeignKey('group_member_user_id_fkey', () => new Missing('user', userId)))
      .catch(onForeignKey('group_member_group_id_fkey', () => new Missing('group', groupId)));
  }

  async hasMember(db: Reader, groupId: string, userId: string): Promise<boolean> {
    return (await db.sql`SELECT FROM group_member WHERE group_id = ${groupId} AND user_id = ${userId}`).length > 0;
  }

  async removeMember(tx: Tx, groupId: string, userId: string): Promise<boolean> {
    return (await tx.sql`DELETE FROM group_member WHERE group_id = ${groupId} AND user_id = ${userId} RETURNING group_id`).length > 0;
  }
}

/** Groups that a user is a member of. */
export function groupsOf(userId: string): Fragment {
  return fragment`EXISTS (SELECT FROM group_member m WHERE m.group_id = g.id AND m.user_id = ${userId})`;
}

function fromRow(row: GroupRow): Group {
  return { id: row.id, domainId: row.domain_id, name: row.name, description: row.description, extra: row.extra };
}
