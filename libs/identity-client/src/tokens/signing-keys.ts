import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { days, type Clock, type Duration } from '@virga/kernel';
import type { Database, Reader } from '@virga/persistence';
import { SecretBox, type MasterKey } from '../secret-box.js';

interface SigningKeyRow {
  id: string;
  public_key: Buffer;
  sealed_private_key: Buffer;
  created_at: Date;
  expires_at: Date | null;
}

export interface SigningKey {
  id: string;
  privateKey: KeyObject;
}

/** The public key of a kid; undefined for one that is unknown or has expired. */
export async function findPublicKey(db: Reader, id: string): Promise<KeyObject | undefined> {
  const [row] = await db.sql<Pick<SigningKeyRow, 'public_key'>>`SELECT public_key FROM identity.signing_key WHERE id = ${id}`;
  return row && createPublicKey({ key: row.public_key, format: 'der', type: 'spki' });
}

/**
 * How long one key signs. Too short: verifiers fetch keys more often than worth it. Too long: a key that leaked
 * unnoticed is useful for that long.
 */
const SIGNS_FOR: Duration = days(30);

/**
 * The keys that sign tokens, kept in the database for all replicas.
 *
 * Exactly one key signs at a time (a unique index sees to it). When it has signed long enough it gets an expiry, after the
 * last token it can have signed, and another takes its place in the same transaction; replicas that still sign with the old one
 * for a moment do no harm. Private keys are sealed with the master key.
 */
export class SigningKeys {
  private readonly box: SecretBox;
  private current: (SigningKey & { createdAt: number }) | undefined;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    masterKey: MasterKey,
    /** The longest that a token lives. */
    private readonly tokenLifetime: Duration,
  ) {
    this.box = new SecretBox(masterKey, 'signing-key');
  }

  /** The key to sign with now. */
  async signing(): Promise<SigningKey> {
    if (this.current === undefined || this.clock.now() >= this.current.createdAt + SIGNS_FOR) await this.refresh();
    return this.current as SigningKey;
  }

  /** Forgets the key in memory, for when the database's keys were changed by somebody else. */
  forget(): void {
    this.current = undefined;
  }

  private async refresh(): Promise<void> {
    const row = await this.db.transaction(async (tx) => {
      const [found] = await tx.sql<SigningKeyRow>`SELECT * FROM identity.signing_key WHERE expires_at IS NULL FOR UPDATE`;
      if (found !== undefined && this.clock.now() < found.created_at.getTime() + SIGNS_FOR) return found;
      if (found !== undefined) await this.retire(tx, found.id);
      const fresh = this.generate();
      const inserted = await tx.sql<SigningKeyRow>`
        INSERT INTO identity.signing_key (id, public_key, sealed_private_key, created_at)
        VALUES (${fresh.id}, ${fresh.public_key}, ${fresh.sealed_private_key}, ${fresh.created_at})
        ON CONFLICT DO NOTHING RETURNING *`;
      if (inserted[0] !== undefined) return inserted[0];
      // Another replica was first.
      return (await tx.sql<SigningKeyRow>`SELECT * FROM identity.signing_key WHERE expires_at IS NULL`)[0] as SigningKeyRow;
    });
    const der = this.box.open(row.sealed_private_key, row.id);
    this.current = { id: row.id, privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), createdAt: row.created_at.getTime() };
  }

  private async retire(db: Reader, id: string): Promise<void> {
    const now = this.clock.now();
    // Twice the lifetime: a replica whose clock is behind may sign with it a little longer.
    await db.sql`UPDATE identity.signing_key SET expires_at = ${new Date(now + 2 * this.tokenLifetime)} WHERE id = ${id}`;
    await db.sql`DELETE FROM identity.signing_key WHERE expires_at < ${new Date(now)}`;
  }

  private generate(): Omit<SigningKeyRow, 'expires_at'> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const id = randomBytes(6).toString('base64url');
    return {
      id,
      public_key: publicKey.export({ format: 'der', type: 'spki' }),
      sealed_private_key: this.box.seal(privateKey.export({ format: 'der', type: 'pkcs8' }), id),
      created_at: new Date(this.clock.now()),
    };
  }
}
