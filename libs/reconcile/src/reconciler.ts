import type { Duration, Instant } from '@virga/kernel';

/** What a plan says about one thing that was seen. */
export type Correction<Repair = never> =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'leave-alone'; readonly reason: string }
  | { readonly kind: 'correct'; readonly name: string; readonly repair: Repair; readonly isDefect: boolean }
  | { readonly kind: 'alarm'; readonly reason: string; readonly repair: Repair | undefined };

/** All is as it should be. */
export function nothing(): Correction {
  return { kind: 'nothing' };
}

/** Something else is responsible at the moment. */
export function leaveAlone(reason: string): Correction {
  return { kind: 'leave-alone', reason };
}

/**
 * Something has to be made true again; `name` says what in metrics and logs: `guest-missing`.
 *
 * The normal path should have done it, so it counts as a defect, unless it is this reconciler's everyday work
 * (collecting what was left behind on purpose, taking note of what an owner did).
 */
export function correct<Repair>(name: string, repair: Repair, { isDefect = true }: { isDefect?: boolean } = {}): Correction<Repair> {
  return { kind: 'correct', name, repair, isDefect };
}

/** This should be impossible: somebody has to look, whether or not there is a repair. */
export function alarm(reason: string): Correction;
export function alarm<Repair>(reason: string, repair: Repair): Correction<Repair>;
export function alarm<Repair>(reason: string, repair?: Repair): Correction<Repair> {
  return { kind: 'alarm', reason, repair };
}

/**
 * Makes true what should be true, without being told what changed.
 *
 * It observes everything in bounded batches, plans purely, and corrects by starting operations or adjusting facts; it
 * never talks to a backend to change something. Any number of replicas may run it at once: corrections are made with
 * compare-and-set, and one that came too late changes nothing.
 */
export abstract class Reconciler<Seen = unknown, Repair = unknown> {
  abstract readonly name: string;
  /** Between passes. Too short: the idle cloud works. Too long: what slipped through stays wrong for so long. */
  abstract readonly interval: Duration;

  /** Everything there is, a bounded batch at a time; changes nothing. */
  abstract observe(signal: AbortSignal): AsyncIterable<readonly Seen[]>;

  /** Pure. */
  abstract plan(seen: Seen, now: Instant): Correction<Repair>;

  /** Carries out one repair; doing it twice is harmless. */
  abstract correct(repair: Repair, seen: Seen, signal: AbortSignal): Promise<void>;

  /** How a thing is called in logs: its type and id. */
  abstract describe(seen: Seen): string;
}
