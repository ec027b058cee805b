import { Injectable } from '@nestjs/common';
import { TokenVerifier } from '@virga/identity-client';
import { Forbidden, Invalid } from '@virga/kernel';
import type { Identity, Proof } from '../authentication.js';

/** The method `token`: a token of the same user for another scope; it never outlives the one it was made from. */
@Injectable()
export class TokenMethod {
  constructor(private readonly verifier: TokenVerifier) {}

  async prove({ token }: Identity): Promise<Proof> {
    if (token === undefined) throw new Invalid('token.request.token', "The method 'token' needs 'identity.token'.");
    const { claims } = await this.verifier.verify(token.id);
    if (claims.applicationCredentialId !== undefined || claims.trustId !== undefined) {
      throw new Forbidden('token.rescope', 'A token of an application credential or trust cannot be exchanged for another.');
    }
    return { method: 'token', userId: claims.userId, ancestor: { methods: claims.methods, auditIds: claims.auditIds }, expiresAt: claims.expiresAt };
  }
}
