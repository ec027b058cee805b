import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Invalid, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { CredentialSecrets } from '../../credential-secrets/index.js';
import { Refused } from '../../users/index.js';
import { reference, type Identity, type Proof } from '../authentication.js';
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
    const byId = written.id !== undefined;
    if (!byId && written.user === undefined) throw new Invalid('token.request.user', "An application credential named by 'name' needs its 'user'.");
    const user = byId || written.user === undefined ? undefined : reference(written.user, 'user');
    const login = await this.repository.applicationCredentialLogin(this.db, reference(written, 'application credential'), user);
    const isRight = await this.secrets.verify(login?.secretHash, written.secret);
    if (!isRight || login === undefined) throw new Refused();
    if (login.expiresAt !== undefined && login.expiresAt <= this.clock.now()) throw new Refused();
    return {
      method: 'application_credential', userId: login.userId, applicationCredential: { id: login.id, projectId: login.projectId },
      ...(login.expiresAt !== undefined && { expiresAt: login.expiresAt }),
    };
  }
}
