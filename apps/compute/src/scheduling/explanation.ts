import { reasonClasses, type Decision, type Reason } from './scheduler.js';

/** A decision as it is kept: for tenants the classes, for operators each host. */
export interface Explanation {
  host: string | null;
  reasons: { reason: Reason; hosts: number; description: string }[];
  hosts: {
    name: string;
    outcome: 'chosen' | 'suitable' | 'rejected';
    reason?: Reason;
    needed?: unknown;
    available?: unknown;
    weight?: number;
  }[];
}

/**
 * Hosts that one explanation lists.
 *
 * Too few: operators of large clouds miss the host they ask about. Too many: every server carries a long list for as long as
 * it lives. Rejected ones come first: they are what is asked about.
 */
const MOST_HOSTS = 200;

export function explain(decision: Decision, chosen: string | null): Explanation {
  const hosts = decision.verdicts.map((verdict): Explanation['hosts'][number] => (verdict.outcome === 'rejected'
    ? { name: verdict.host, outcome: 'rejected', reason: verdict.reason, needed: verdict.needed, available: verdict.available }
    : { name: verdict.host, outcome: verdict.host === chosen ? 'chosen' : 'suitable', weight: verdict.weight }));
  const order = { chosen: 0, rejected: 1, suitable: 2 };
  return { host: chosen, reasons: reasonClasses(decision), hosts: hosts.sort((a, b) => order[a.outcome] - order[b.outcome]).slice(0, MOST_HOSTS) };
}
