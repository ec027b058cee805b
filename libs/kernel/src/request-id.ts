import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

const storage = new AsyncLocalStorage<string>();

/** A fresh request id in OpenStack's form (`req-` and a UUID). */
export function newRequestId(): string {
  return `req-${randomUUID()}`;
}

/** Runs `work` so that every log line, message and operation begun in it carries `requestId`. */
export function withRequestId<T>(requestId: string, work: () => T): T {
  return storage.run(requestId, work);
}

/** The id of the request being served, if any. */
export function currentRequestId(): string | undefined {
  return storage.getStore();
}
