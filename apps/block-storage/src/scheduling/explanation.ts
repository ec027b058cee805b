import { reasonClasses, type Decision, type Reason } from './scheduler.js';

/** A decision as it is kept: for tenants the classes, for operators each backend. */
export interface Explanation {
  backend: string | null;
  reasons: { reason: Reason; backends: number; description: string }[];
  backends: {
    name: string;
    outcome: 'chosen' | 'suitable' | 'rejected';
    reason?: Reason;
    needed?: unknown;
    available?: unknown;
    weight?: number;
  }[];
}

/**
 * Backends that one explanation lists.
 *
 * Too few: operators of large clouds miss the backend they ask about. Too many: every volume carries a long list for as long as
 * it lives. Rejected ones come first: they are what is asked about.
 */
const MOST_BACKENDS = 200;

export function explain(decision: Decision, chosen: string | null): Explanation {
  const backends = decision.verdicts.map((verdict): Explanation['backends'][number] => (verdict.outcome === 'rejected'
    ? { name: verdict.backend, outcome: 'rejected', reason: verdict.reason, needed: verdict.needed, available: verdict.available }
    : { name: verdict.backend, outcome: verdict.backend === chosen ? 'chosen' : 'suitable', weight: verdict.weight }));
  const order = { chosen: 0, rejected: 1, suitable: 2 };
  return { backend: chosen, reasons: reasonClasses(decision), backends: backends.sort((a, b) => order[a.outcome] - order[b.outcome]).slice(0, MOST_BACKENDS) };
}
