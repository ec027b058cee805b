import { Injectable } from '@nestjs/common';
import { only } from '@virga/kernel';
import { onUnique, type Reader, type Tx } from '@virga/persistence';
import { MemberRow } from './member.row.js';
import { MemberExists, type Member, type MemberStatus } from './member.js';

@Injectable()
export class MembersRepository {
  async insert(tx: Tx, imageId: string, memberId: string): Promise<Member> {
    const row = await tx.insert(MemberRow, { image_id: imageId, member_id: memberId, status: 'pending' })
      .catch(onUnique('image_member_pkey', () => new MemberExists(imageId, memberId)));
    return fromRow(row);
  }

  async list(db: Reader, imageId: string): Promise<Member[]> {
    return (await db.sql<MemberRow>`SELECT * FROM image_member WHERE image_id = ${imageId} ORDER BY created_at, member_id`).map(fromRow);
  }

  async find(db: Reader, imageId: string, memberId: string): Promise<Member | undefined> {
    const row = only(await db.sql<MemberRow>`SELECT * FROM image_member WHERE image_id = ${imageId} AND member_id = ${memberId}`);
    return row === undefined ? undefined : fromRow(row);
  }

  async become(tx: Tx, imageId: string, memberId: string, status: MemberStatus): Promise<Member | undefined> {
    const row = only(await tx.sql<MemberRow>`
      UPDATE image_member SET status = ${status}, updated_at = now() WHERE image_id = ${imageId} AND member_id = ${memberId} RETURNING *`);
    return row === undefined ? undefined : fromRow(row);
  }

  async remove(tx: Tx, imageId: string, memberId: string): Promise<boolean> {
    return (await tx.sql`DELETE FROM image_member WHERE image_id = ${imageId} AND member_id = ${memberId} RETURNING member_id`).length === 1;
  }
}

function fromRow(row: MemberRow): Member {
  return { imageId: row.image_id, memberId: row.member_id, status: row.status as MemberStatus, createdAt: row.created_at, updatedAt: row.updated_at };
}
