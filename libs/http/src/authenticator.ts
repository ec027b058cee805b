import type { Caller } from '@virga/kernel';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Tells who is asking. Throws `Unauthenticated` for a missing, unknown, expired or revoked token. */
export abstract class Authenticator {
  abstract authenticate(headers: Headers, requestId: string): Promise<Caller>;
}
