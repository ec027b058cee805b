import type { Clock, Duration, Instant } from '@virga/kernel';

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  constructor(private instant: Instant = Date.parse('2025-01-01T00:00:00Z')) {}

  now(): Instant {
    return this.instant;
  }

  advance(by: Duration): void {
    this.instant += by;
  }
}
