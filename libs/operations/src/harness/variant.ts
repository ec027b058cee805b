/** When a step fails: instead of working, or after having worked. */
export type FailureTime = 'before' | 'after';

/** One way in which a run goes wrong. */
export interface Variant {
  /** For people: `dies after commit 3 (advance)`. */
  readonly name: string;
  readonly expects: 'completion' | 'failure' | 'any end';
  /** The process dies once, at the commit of this number, counted from 1. */
  readonly death?: { readonly commit: number; readonly when: FailureTime };
  readonly repetition?: 'after itself' | 'beside itself';
  readonly failure?: { readonly step: string; readonly when: FailureTime; readonly isPermanent: boolean };
  /** The message of this number, counted from 1, arrives so often. */
  readonly message?: { readonly number: number; readonly copies: number };
  /** A disaster strikes when the run of a step of this number has ended, counted from 1; 0 is before the first. */
  readonly disaster?: { readonly name: string; readonly afterRun: number };
}

/** What a run without trouble, or with one trouble, was seen to do. */
export interface Observed {
  commits: string[];
  /** The commit after which abandoning began, if it did. */
  abandonedAt: number | undefined;
  runs: string[];
  messages: string[];
}

export const untroubled: Variant = { name: 'without trouble', expects: 'completion' };

/** The process dies at every commit, once before and once after it. */
export function deaths(observed: Observed, base: Variant = untroubled, from = 0): Variant[] {
  return observed.commits.slice(from).flatMap((label, index) => (['before', 'after'] as const).map((when) => {
    const commit = from + index + 1;
    return { ...base, name: `${base === untroubled ? '' : `${base.name}, and `}dies ${when} commit ${commit} (${label})`, death: { commit, when } };
  }));
}

/** Every step runs twice. */
export function repetitions(): Variant[] {
  return (['after itself', 'beside itself'] as const).map((repetition) => ({ name: `every step runs again ${repetition}`, expects: 'completion', repetition }));
}

/** Every step fails, for now and for good, before and after its work. */
export function failures(steps: readonly string[]): Variant[] {
  return steps.flatMap((step) => (['before', 'after'] as const).flatMap((when) => [
    { name: `${step} fails once ${when} its work`, expects: 'completion' as const, failure: { step, when, isPermanent: false } },
    { name: `${step} fails for good ${when} its work`, expects: 'failure' as const, failure: { step, when, isPermanent: true } },
  ]));
}

/** Every message is lost, and every message is doubled. */
export function messages(observed: Observed): Variant[] {
  return observed.messages.flatMap((type, index) => [0, 2].map((copies) => ({
    name: `message ${index + 1} (${type}) is ${copies === 0 ? 'lost' : 'doubled'}`, expects: 'completion' as const, message: { number: index + 1, copies },
  })));
}

/** Every disaster, before the first and after every run of a step. */
export function disasters(observed: Observed, names: readonly string[]): Variant[] {
  return names.flatMap((name) => ['the start', ...observed.runs].map((run, afterRun) => ({
    name: `${name} after ${run}`, expects: 'any end' as const, disaster: { name, afterRun },
  })));
}
