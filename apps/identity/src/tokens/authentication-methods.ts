import { Injectable } from '@nestjs/common';
import { Strategies, type Prove } from '@virga/identity-client';
import type { Identity, Proof } from './authentication.js';
import { ApplicationCredentialMethod } from './strategies/application-credential.js';
import { PasswordMethod } from './strategies/password.js';
import { TokenMethod } from './strategies/token.js';

const METHODS = ['password', 'token', 'application_credential'] as const;
export type MethodName = (typeof METHODS)[number];

interface IdentityRequest {
  identity: Identity;
}

/** The methods of authentication, as passport strategies. */
@Injectable()
export class AuthenticationMethods {
  readonly strategies: Strategies<IdentityRequest>;

  constructor(password: PasswordMethod, token: TokenMethod, applicationCredential: ApplicationCredentialMethod) {
    const ways: Record<MethodName, Prove<IdentityRequest, Proof>> = {
      password: ({ identity }) => password.prove(identity),
      token: ({ identity }) => token.prove(identity),
      application_credential: ({ identity }) => applicationCredential.prove(identity),
    };
    this.strategies = new Strategies(ways);
  }

  static isKnown(method: string): method is MethodName {
    return METHODS.includes(method as MethodName);
  }
}
