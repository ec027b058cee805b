/** A moment, in milliseconds since the epoch (UTC). */
export type Instant = number;

/** Where time comes from; tests pass a clock that they move by hand. */
export interface Clock {
  now(): Instant;
}

export const systemClock: Clock = { now: () => Date.now() };

/** The injection token under which applications provide their `Clock`. */
export const CLOCK = Symbol('Clock');
