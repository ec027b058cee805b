import { Conflict, Fault, Unavailable, milliseconds, seconds, type Duration } from '@virga/kernel';

/** Before the first repetition. Too low: a backend that just restarts is trampled. Too high: a hiccup is felt. */
const FIRST_PAUSE: Duration = milliseconds(250);
/** The longest pause. Too low: a long outage is polled for nothing. Too high: users wait that long after it has ended. */
const LONGEST_PAUSE: Duration = seconds(30);
/** How often an error that nobody foresaw is tried again: it may be a hiccup, but is more likely a mistake of ours. */
const UNKNOWN_ATTEMPTS = 6;

/** The pause before the next attempt, doubling up to a limit, of which up to half is taken off by `random` in [0, 1). */
export function pauseBefore(attempt: number, random: number): Duration {
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1));
  return Math.round(longest * (1 - random / 2)) as Duration;
}

/** Whether repeating a step may help: `attempts` is how often it has failed in a row, this time included. */
export function mayPass(error: unknown, attempts: number): boolean {
  if (error instanceof Unavailable) return true;
  if (error instanceof Conflict) return isLostRace(error);
  return (!(error instanceof Fault) || error.kind === 'bug') && attempts < UNKNOWN_ATTEMPTS;
}

/** A compare-and-set found a newer revision; the step looks again and sees it. */
function isLostRace(error: Conflict): boolean {
  return error.code.endsWith('concurrent-update');
}
