import { Injectable } from '@nestjs/common';
import { hash, verify, type Options } from '@node-rs/argon2';

/**
 * OWASP's minimum for argon2id. Lower: a stolen table is searched faster. Higher: each login costs that much more
 * memory and time; four run at once at most, on libuv's pool, so the event loop never waits for one.
 */
const COST: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes and verifies passwords with argon2id. */
@Injectable()
export class PasswordHasher {
  private dummy: Promise<string> | undefined;
  private verifications = 0;

  hash(password: string): Promise<string> {
    return hash(password, COST);
  }

  /**
   * Whether the password is that of the hash. Without a hash (unknown user, user without password) the same work is done
   * on a dummy, so that the time says nothing either.
   */
  async verify(storedHash: string | undefined, password: string): Promise<boolean> {
    this.verifications += 1;
    const isRight = await verify(storedHash ?? await this.dummyHash(), password);
    return isRight && storedHash !== undefined;
  }

  /** How many verifications were done, dummies included; for tests and metrics. */
  get verified(): number {
    return this.verifications;
  }

  private dummyHash(): Promise<string> {
    return (this.dummy ??= this.hash('no user has this password'));
  }
}
