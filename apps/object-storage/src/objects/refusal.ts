import { Fault } from '@virga/kernel';

/**
 * Whether an error says for certain that nothing was changed: a refusal by a rule, in the model's words or an API's (whose errors carry
 * their HTTP status). A lost connection, a timeout and our own mistakes say nothing of the kind.
 */
export function isRefusal(error: unknown): boolean {
  if (error instanceof Fault) return error.kind !== 'unavailable' && error.kind !== 'bug';
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status >= 400 && error.status < 500;
}
