import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Invalid, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { CredentialSecrets } from '../../credential-secrets/index.js';
import { Refused } from '../../users/index.js';
import { reference, type Identity, type Proof, type Reference } from '../authentication.js';
import { AuthenticationRepository } from '../authentication.repository.js';

/** The method `application_credential`, by id or by name and user. */
@Injectable()
export class ApplicationCredentialMethod {
  constructor(
    private readonly db: Database, private readonly repository: AuthenticationRepository, private readonly secrets: CredentialSecrets,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async prove({ application_credential: written }: Identity): Promise<Proof> {
    if (written === undefined) throw new Invalid('token.request.application-credential', "The method 'application_credential' needs 'identity.application_credential'.");
    const login = await this.repository.applicationCredentialLogin(this.db, reference(written, 'application credential'), ownerOf(written));
    const isRight = await this.secrets.verify(login?.secretHash, written.secret);
    if (!isRight || login === undefined) throw new Refused();
    if (login.expiresAt !== undefined && login.expiresAt <= this.clock.now()) throw new Refused();
    return {
      method: 'application_credential', userId: login.userId, applicationCredential: { id: login.id, projectId: login.projectId },
      ...(login.expiresAt !== undefined && { expiresAt: login.expiresAt }),
    };
  }
}

/** Whose credential a name means; an id needs nobody. */
function ownerOf({ id, user }: NonNullable<Identity['application_credential']>): Reference | undefined {
  if (id !== undefined) return undefined;
  if (user === undefined) throw new Invalid('token.request.user', "An application credential named by 'name' needs its 'user'.");
  return reference(user, 'user');
}
