import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { MasterKey } from '@virga/identity-client';
import { PasswordHasher } from '../passwords/index.js';

const KEYED = 'hmac-sha256:';

/**
 * The secrets of application credentials.
 *
 * One that we generate has 512 random bits: no search can find it, so a keyed hash is enough and robots log in in
 * microseconds. One that a user chose may be guessable and is treated as a password.
 */
@Injectable()
export class CredentialSecrets {
  private readonly key: Buffer;

  constructor(@Inject(MasterKey) masterKey: MasterKey, private readonly hasher: PasswordHasher) {
    this.key = masterKey.derive('application-credential');
  }

  generate(): { secret: string; hash: string } {
    const secret = randomBytes(64).toString('base64url');
    return { secret, hash: this.keyedHash(secret) };
  }

  hash(chosen: string): Promise<string> {
    return this.hasher.hash(chosen);
  }

  /** Whether the secret is that of the hash; false without one, after as much work as for one that we generated. */
  async verify(storedHash: string | undefined, secret: string): Promise<boolean> {
    if (storedHash?.startsWith('$argon2') === true) return this.hasher.verify(storedHash, secret);
    const isEqual = timingSafeEqual(Buffer.from(this.keyedHash(secret)), Buffer.from(storedHash ?? this.keyedHash('')));
    return isEqual && storedHash !== undefined;
  }

  private keyedHash(secret: string): string {
    return KEYED + createHmac('sha256', this.key).update(secret).digest('base64url');
  }
}
