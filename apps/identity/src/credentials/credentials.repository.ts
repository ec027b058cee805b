import { Inject, Injectable } from '@nestjs/common';
import { ACCESS_KEY_TYPE, accessKeyId, accessKeyOf, credentialBox, MasterKey, type AccessKey, type SecretBox } from '@virga/identity-client';
import { all, json, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { listed, pageClauses, type Listed, type Page } from '../listing/index.js';
import { CredentialExists, type Credential } from './credential.js';
import { CredentialRow } from './credential.row.js';

/** Credentials; blobs are sealed on the way in and opened on the way out. */
@Injectable()
export class CredentialsRepository {
  private readonly box: SecretBox;

  constructor(@Inject(MasterKey) masterKey: MasterKey) {
    this.box = credentialBox(masterKey);
  }

  async find(db: Reader, id: string): Promise<Credential | undefined> {
    const [row] = await db.sql<CredentialRow>`SELECT * FROM credential WHERE id = ${id}`;
    return row && this.fromRow(row);
  }

  /** The key that a credential holds under this access key, whose it is and for which project. */
  async findAccessKey(db: Reader, access: string): Promise<{ key: AccessKey; userId: string; projectId: string } | undefined> {
    const credential = await this.find(db, accessKeyId(access));
    const key = credential?.type === ACCESS_KEY_TYPE ? accessKeyOf(credential.blob) : undefined;
    // A blob changed later may name another access key than the one that the id was made of: that one is nobody's.
    if (credential === undefined || key === undefined || credential.projectId === null || key.access !== access || key.secret === '') return undefined;
    return { key, userId: credential.userId, projectId: credential.projectId };
  }

  async lock(tx: Tx, id: string): Promise<Credential | undefined> {
    const [row] = await tx.sql<CredentialRow>`SELECT * FROM credential WHERE id = ${id} FOR UPDATE`;
    return row && this.fromRow(row);
  }

  async page(db: Reader, conditions: readonly Fragment[], page: Page): Promise<Listed<Credential>> {
    const { after, tail } = pageClauses(page, 'credential', 'c', 'type');
    return listed((await db.sql<CredentialRow>`SELECT c.* FROM credential c WHERE ${all([...conditions, after])} ${tail}`).map((row) => this.fromRow(row)), page);
  }

  async insert(tx: Tx, credential: Credential): Promise<void> {
    const { id, userId, projectId, type, blob, extra } = credential;
    await tx.insert(CredentialRow, { id, user_id: userId, project_id: projectId, type, sealed_blob: this.box.seal(blob, id), extra })
      .catch(onUnique('credential_pkey', () => new CredentialExists()));
  }

  async update(tx: Tx, { id, userId, projectId, type, blob, extra }: Credential): Promise<void> {
    await tx.sql`
      UPDATE credential SET user_id = ${userId}, project_id = ${projectId}, type = ${type}, sealed_blob = ${this.box.seal(blob, id)}, extra = ${json(extra)}
      WHERE id = ${id}`;
  }

  async delete(tx: Tx, id: string): Promise<boolean> {
    return (await tx.sql`DELETE FROM credential WHERE id = ${id} RETURNING id`).length > 0;
  }

  private fromRow(row: CredentialRow): Credential {
    return {
      id: row.id, userId: row.user_id, projectId: row.project_id, type: row.type, blob: this.box.open(row.sealed_blob, row.id).toString(), extra: row.extra,
    };
  }
}
