import { explained, shortcomings, type Explained } from '@virga/kernel';
import type { Decision, Reason } from './scheduler.js';

/** A decision as it is kept: for tenants the classes, for operators each host. */
export interface Explanation {
  host: string | null;
  reasons: { reason: Reason; hosts: number; description: string }[];
  hosts: Explained<Reason>[];
}

export function explain(decision: Decision, chosen: string | null): Explanation {
  return { host: chosen, reasons: shortcomings(decision).map(({ count: hosts, ...reason }) => ({ ...reason, hosts })), hosts: explained(decision, chosen) };
}
