import { Fault } from '@virga/kernel';

/** Whether an error says that this cannot be done as things are, rather than that it may work in a moment. */
export function isRefusal(error: unknown): error is Fault {
  return error instanceof Fault && !['unavailable', 'bug', 'unauthenticated'].includes(error.kind) && !error.code.endsWith('concurrent-update');
}
