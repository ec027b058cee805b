import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Invalid, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { PasswordHasher } from '../../passwords/index.js';
import { Refused } from '../../users/index.js';
import { reference, type Identity, type Proof } from '../authentication.js';
import { AuthenticationRepository } from '../authentication.repository.js';

/** The method `password`. Unknown users cost the same verification as known ones. */
@Injectable()
export class PasswordMethod {
  constructor(
    private readonly db: Database, private readonly repository: AuthenticationRepository, private readonly hasher: PasswordHasher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async prove({ password }: Identity): Promise<Proof> {
    if (password === undefined) throw new Invalid('token.request.password', "The method 'password' needs 'identity.password'.");
    const login = await this.repository.passwordLogin(this.db, reference(password.user, 'user'));
    const isRight = await this.hasher.verify(login?.hash, password.user.password);
    if (!isRight || login === undefined) throw new Refused();
    if (login.passwordExpiresAt !== undefined && login.passwordExpiresAt <= this.clock.now()) throw new Refused();
    return { method: 'password', userId: login.userId };
  }
}
