import { AsyncLocalStorage } from 'node:async_hooks';
import type { Tx } from './database.js';

/** What a transaction does first while a request with an idempotency key is served. */
export type ClaimKey = (tx: Tx) => Promise<void>;

const claims = new AsyncLocalStorage<ClaimKey>();

/** Runs `work` so that its transactions begin with `claim`. */
export function withClaim<T>(claim: ClaimKey, work: () => Promise<T>): Promise<T> {
  return claims.run(claim, work);
}

/** Claims the idempotency key of the request being served, if it has one. */
export async function claimIdempotencyKey(tx: Tx): Promise<void> {
  await claims.getStore()?.(tx);
}
