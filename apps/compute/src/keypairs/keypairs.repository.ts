import { Injectable } from '@nestjs/common';
import { only, type UserId } from '@virga/kernel';
import { fragment, nothing, onUnique, type Reader, type Tx } from '@virga/persistence';
import { KeypairExists, type Keypair, type KeypairType, type PublicKey } from './keypair.js';
import { KeypairRow } from './keypair.row.js';

@Injectable()
export class KeypairsRepository {
  /** The public key that a user has under a name. */
  async findPublicKey(db: Reader, owner: UserId, name: string): Promise<string | undefined> {
    const [row] = await db.sql<Pick<KeypairRow, 'public_key'>>`SELECT public_key FROM keypair WHERE user_id = ${owner} AND name = ${name}`;
    return row?.public_key;
  }

  async find(db: Reader, owner: UserId, name: string): Promise<Keypair | undefined> {
    const row = only(await db.sql<KeypairRow>`SELECT * FROM keypair WHERE user_id = ${owner} AND name = ${name}`);
    return row && fromRow(row);
  }

  /** A user's key pairs by name; `after` is the last name of the previous page. */
  async page(db: Reader, owner: UserId, { limit, after }: { limit: number | undefined; after: string | undefined }): Promise<Keypair[]> {
    const rest = after === undefined ? nothing : fragment`AND name > ${after}`;
    const rows = await db.sql<KeypairRow>`SELECT * FROM keypair WHERE user_id = ${owner} ${rest} ORDER BY name LIMIT ${limit ?? null}`;
    return rows.map(fromRow);
  }

  async insert(tx: Tx, owner: UserId, name: string, key: PublicKey): Promise<Keypair> {
    const row = await tx.insert(KeypairRow, { user_id: owner, name, type: key.type, public_key: key.publicKey, fingerprint: key.fingerprint })
      .catch(onUnique('keypair_user_id_name', () => new KeypairExists(name)));
    return fromRow(row);
  }

  /** Answers whether there was one. */
  async delete(tx: Tx, owner: UserId, name: string): Promise<boolean> {
    return (await tx.sql`DELETE FROM keypair WHERE user_id = ${owner} AND name = ${name} RETURNING name`).length > 0;
  }
}

function fromRow(row: KeypairRow): Keypair {
  return {
    id: Number(row.id), owner: row.user_id as UserId, name: row.name, type: row.type as KeypairType, publicKey: row.public_key,
    fingerprint: row.fingerprint, createdAt: row.created_at,
  };
}
