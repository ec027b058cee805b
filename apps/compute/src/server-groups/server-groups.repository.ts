import { Injectable } from '@nestjs/common';
import { only } from '@virga/kernel';
import { type Reader, type Tx, fragment } from '@virga/persistence';
import type { ServerGroup } from './server-group.js';
import { ServerGroupRow } from './server-group.row.js';

const GROUPS = fragment`
  SELECT g.*, ARRAY(SELECT s.id::text FROM server s WHERE s.group_id = g.id AND s.deleted_at IS NULL ORDER BY s.created_at, s.id) AS members FROM server_group g`;

type Row = ServerGroupRow & { members: string[] };

@Injectable()
export class ServerGroupsRepository {
  async insert(tx: Tx, group: Omit<ServerGroup, 'members'>): Promise<ServerGroup> {
    const row = await tx.insert(ServerGroupRow, {
      id: group.id, project_id: group.projectId, user_id: group.userId, name: group.name, policy: group.policy, max_server_per_host: group.maxServerPerHost,
    });
    return fromRow({ ...row, members: [] });
  }

  async find(db: Reader, id: string): Promise<ServerGroup | undefined> {
    const row = only(await db.sql<Row>`${GROUPS} WHERE g.id = ${id}`);
    return row && fromRow(row);
  }

  /** Those of a project, or of all. */
  async list(db: Reader, project: string | undefined, { limit, offset }: { limit: number; offset: number }): Promise<ServerGroup[]> {
    const own = project === undefined ? fragment`TRUE` : fragment`g.project_id = ${project}`;
    return (await db.sql<Row>`${GROUPS} WHERE ${own} ORDER BY g.created_at, g.id LIMIT ${limit} OFFSET ${offset}`).map(fromRow);
  }

  async delete(tx: Tx, id: string): Promise<void> {
    await tx.sql`DELETE FROM server_group WHERE id = ${id}`;
  }
}

function fromRow(row: Row): ServerGroup {
  return {
    id: row.id, projectId: row.project_id, userId: row.user_id, name: row.name, policy: row.policy as ServerGroup['policy'],
    maxServerPerHost: row.max_server_per_host, members: row.members,
  };
}
