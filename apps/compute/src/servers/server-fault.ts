import { publicFault, type Instant } from '@virga/kernel';
import type { ServerFault } from './server.js';

/** What the owner reads of a failure, with its time. */
export function faultAt(now: Instant, reason: unknown): ServerFault {
  return { ...publicFault(reason), at: new Date(now).toISOString() };
}
