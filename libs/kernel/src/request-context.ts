import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What follows one request (or one run of an operation) through all asynchronous calls. */
export interface RequestContext {
  requestId: string;
  /** The policy rules consulted so far; a request that ends without any is a bug. */
  consultedRules: string[];
}

const storage = new AsyncLocalStorage<RequestContext>();

/** A fresh request id in OpenStack's form (`req-` and a UUID). */
export function newRequestId(): string {
  return `req-${randomUUID()}`;
}

/** Runs `work` so that every log line, message and operation begun in it carries `requestId`. */
export function withRequestId<T>(requestId: string, work: () => T): T {
  return storage.run({ requestId, consultedRules: [] }, work);
}

export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** The id of the request being served, if any. */
export function currentRequestId(): string | undefined {
  return storage.getStore()?.requestId;
}
