import { Injectable } from '@nestjs/common';
import type { UserId } from '@virga/kernel';
import type { Reader } from '@virga/persistence';
import type { KeypairRow } from './keypair.row.js';

@Injectable()
export class KeypairsRepository {
  /** The public key that a user has under a name. */
  async findPublicKey(db: Reader, owner: UserId, name: string): Promise<string | undefined> {
    const [row] = await db.sql<Pick<KeypairRow, 'public_key'>>`SELECT public_key FROM keypair WHERE user_id = ${owner} AND name = ${name}`;
    return row?.public_key;
  }
}
