import { explained, shortcomings, type Explained } from '@virga/kernel';
import type { Decision, Reason } from './scheduler.js';

/** A decision as it is kept: for tenants the classes, for operators each backend. */
export interface Explanation {
  backend: string | null;
  reasons: { reason: Reason; backends: number; description: string }[];
  backends: Explained<Reason>[];
}

export function explain(decision: Decision, chosen: string | null): Explanation {
  return {
    backend: chosen, reasons: shortcomings(decision).map(({ count: backends, ...reason }) => ({ ...reason, backends })), backends: explained(decision, chosen),
  };
}
