import type { Caller } from '@virga/kernel';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What a request is for, as far as a token may be limited to it. */
export interface Asked {
  /** The API's name, which is its service's type in the catalog. */
  api: string;
  method: string;
  /** The path as the caller sent it, without query string. */
  path: string;
}

/** Tells who is asking. Throws `Unauthenticated` for a missing, unknown, expired or revoked token. */
export abstract class Authenticator {
  abstract authenticate(headers: Headers, requestId: string, asked?: Asked): Promise<Caller>;
}
