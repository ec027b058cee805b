import { Injectable } from '@nestjs/common';
import { fragment, onForeignKey, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { Missing } from '../listing/index.js';
import type { GrantPlace } from './grant.js';

@Injectable()
export class GrantsRepository {
  async insert(tx: Tx, place: GrantPlace, roleId: string): Promise<void> {
    const [userId, groupId] = place.actor === 'user' ? [place.actorId, null] : [null, place.actorId];
    await tx.sql`
      INSERT INTO assignment (user_id, group_id, project_id, role_id, inherited)
      VALUES (${userId}, ${groupId}, ${place.targetId}, ${roleId}, ${place.isInherited}) ON CONFLICT DO NOTHING`
      .catch(onForeignKey('assignment_user_id_fkey', () => new Missing('user', place.actorId)))
      .catch(onForeignKey('assignment_group_id_fkey', () => new Missing('group', place.actorId)))
      .catch(onForeignKey('assignment_project_id_fkey', () => new Missing('project', place.targetId ?? '')))
      .catch(onForeignKey('assignment_role_id_fkey', () => new Missing('role', roleId)));
  }

  async has(db: Reader, place: GrantPlace, roleId: string): Promise<boolean> {
    return (await db.sql`SELECT FROM assignment a WHERE ${at(place)} AND a.role_id = ${roleId}`).length > 0;
  }

  async delete(tx: Tx, place: GrantPlace, roleId: string): Promise<boolean> {
    return (await tx.sql`DELETE FROM assignment a WHERE ${at(place)} AND a.role_id = ${roleId} RETURNING a.role_id`).length > 0;
  }

  async roleIds(db: Reader, place: GrantPlace): Promise<string[]> {
    return (await db.sql<{ role_id: string }>`SELECT a.role_id FROM assignment a WHERE ${at(place)}`).map((row) => row.role_id);
  }
}

function at(place: GrantPlace): Fragment {
  const actor = place.actor === 'user' ? fragment`a.user_id = ${place.actorId}` : fragment`a.group_id = ${place.actorId}`;
  const target = place.targetId === null ? fragment`a.project_id IS NULL` : fragment`a.project_id = ${place.targetId}`;
  return fragment`${actor} AND ${target} AND a.inherited = ${place.isInherited}`;
}
