import { randomBytes } from 'node:crypto';
import { signToken } from './token-format.js';
import type { SigningKeys } from './signing-keys.js';
import type { TokenClaims } from './claims.js';

/** Signs tokens; whether somebody may have one is decided before. */
export class TokenIssuer {
  constructor(private readonly keys: SigningKeys) {}

  async issue(claims: TokenClaims): Promise<string> {
    const key = await this.keys.signing();
    return signToken(claims, key.id, key.privateKey);
  }
}

/** A fresh audit id: 16 random bytes, as the identity API shows them. */
export function newAuditId(): string {
  return randomBytes(16).toString('base64url');
}
