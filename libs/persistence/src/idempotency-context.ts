import { AsyncLocalStorage } from 'node:async_hooks';
import type { Tx } from './database.js';

/** A row that a request made, by its table and its primary key. */
export interface MadeRow {
  table: string;
  id: string;
}

/** What a transaction does besides its work while a request with an idempotency key is served. */
export interface KeyedRequest {
  /** First of all. */
  claim(tx: Tx): Promise<void>;
  /** Last of all, with the rows that it inserted. */
  made(tx: Tx, rows: readonly MadeRow[]): Promise<void>;
}

const requests = new AsyncLocalStorage<KeyedRequest>();

/** Runs `work` so that its transactions take part in `request`. */
export function withKeyedRequest<T>(request: KeyedRequest, work: () => Promise<T>): Promise<T> {
  return requests.run(request, work);
}

/** The request with an idempotency key that is being served, if it has one. */
export function keyedRequest(): KeyedRequest | undefined {
  return requests.getStore();
}
