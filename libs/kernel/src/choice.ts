/** Why a candidate will not do: the first constraint that it failed, with what was needed and what it has. */
export interface Rejection<Reason extends string> {
  reason: Reason;
  needed: unknown;
  available: unknown;
  /** What it lacks, to follow "3 hosts:"; for those who asked, so it says nothing but what they may know. */
  description: string;
}

/** Undefined where the candidate passes. */
export type Constraint<Wish, Candidate, Reason extends string> = (wish: Wish, candidate: Candidate) => Rejection<Reason> | undefined;

export type Verdict<Candidate, Reason extends string> = { candidate: Candidate } & ({ outcome: 'suitable'; weight: number } | ({ outcome: 'rejected' } & Rejection<Reason>));

/** The whole choice: the suitable candidates, best first, and why each other is none. */
export interface Choice<Candidate, Reason extends string> {
  ranked: { candidate: Candidate; weight: number }[];
  verdicts: Verdict<Candidate, Reason>[];
}

/** What one candidate was found to be, as it is kept for operators. */
export interface Explained<Reason extends string> {
  name: string;
  outcome: 'chosen' | 'suitable' | 'rejected';
  reason?: Reason;
  needed?: unknown;
  available?: unknown;
  weight?: number;
}

/**
 * Candidates that one explanation lists.
 *
 * Too few: operators of large clouds miss the one they ask about. Too many: every thing that was placed carries a long list for as
 * long as it lives. Rejected ones come first: they are what is asked about.
 */
const MOST_EXPLAINED = 200;

/** Judges every candidate: pure, so that a choice can be explained and repeated. The heaviest comes first, names decide between equals. */
export function choose<Wish, Candidate extends { name: string }, Reason extends string>(
  wish: Wish, candidates: readonly Candidate[], { constraints, weigh }: { constraints: readonly Constraint<Wish, Candidate, Reason>[]; weigh: (wish: Wish, candidate: Candidate) => number },
): Choice<Candidate, Reason> {
  const verdicts = candidates.map((candidate): Verdict<Candidate, Reason> => {
    const rejection = firstRejection(wish, candidate, constraints);
    return rejection === undefined ? { candidate, outcome: 'suitable', weight: weigh(wish, candidate) } : { candidate, outcome: 'rejected', ...rejection };
  });
  const suitable = verdicts.flatMap((verdict) => (verdict.outcome === 'suitable' ? [{ candidate: verdict.candidate, weight: verdict.weight }] : []));
  return { ranked: suitable.sort((a, b) => b.weight - a.weight || (a.candidate.name < b.candidate.name ? -1 : 1)), verdicts };
}

function firstRejection<Wish, Candidate, Reason extends string>(wish: Wish, candidate: Candidate, constraints: readonly Constraint<Wish, Candidate, Reason>[]): Rejection<Reason> | undefined {
  for (const constraint of constraints) {
    const rejection = constraint(wish, candidate);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
}

/** How many candidates lack what, most first: what a tenant may know of a choice. */
export function shortcomings<Reason extends string>({ verdicts }: { verdicts: readonly Verdict<unknown, Reason>[] }): { reason: Reason; count: number; description: string }[] {
  const classes = new Map<string, { reason: Reason; count: number; description: string }>();
  for (const verdict of verdicts) {
    if (verdict.outcome === 'suitable') continue;
    const { reason, description } = verdict;
    const known = classes.get(`${reason} ${description}`)?.count ?? 0;
    classes.set(`${reason} ${description}`, { reason, count: known + 1, description });
  }
  return [...classes.values()].sort((a, b) => b.count - a.count || (a.description < b.description ? -1 : 1));
}

/** One sentence about why none of the `noun`s will do: "Of 3 hosts: 2 not reachable, 1 disabled." */
export function whyNone(choice: { verdicts: readonly Verdict<unknown, string>[] }, noun: string): string {
  const total = choice.verdicts.length;
  if (total === 0) return `There are no ${noun}s.`;
  const parts = shortcomings(choice).map(({ count, description }) => `${count} ${description}`);
  return `Of ${total} ${total === 1 ? noun : `${noun}s`}: ${parts.join(', ')}.`;
}

/** Every candidate with its verdict, the chosen one and the rejected ones first. */
export function explained<Reason extends string>({ verdicts }: { verdicts: readonly Verdict<{ name: string }, Reason>[] }, chosen: string | null): Explained<Reason>[] {
  const order = { chosen: 0, rejected: 1, suitable: 2 };
  return verdicts.map((verdict): Explained<Reason> => {
    const { name } = verdict.candidate;
    if (verdict.outcome === 'rejected') return { name, outcome: 'rejected', reason: verdict.reason, needed: verdict.needed, available: verdict.available };
    return { name, outcome: name === chosen ? 'chosen' : 'suitable', weight: verdict.weight };
  }).sort((a, b) => order[a.outcome] - order[b.outcome]).slice(0, MOST_EXPLAINED);
}
