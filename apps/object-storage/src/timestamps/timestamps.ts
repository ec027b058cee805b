import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@virga/kernel';

/** A moment in microseconds since the epoch (UTC); a safe integer until the year 2255. */
export type Microseconds = number;

/** Moments that rise strictly within this process, however often they are asked for: versions are made of them. */
@Injectable()
export class Timestamps {
  private last: Microseconds = 0;

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** The present moment; never one that was answered before. */
  next(): Microseconds {
    this.last = Math.max(this.last + 1, this.clock.now() * 1000);
    return this.last;
  }

  /** The present moment in whole seconds, as expiry is counted. */
  seconds(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  /** The present moment for columns that only the machinery reads. */
  date(): Date {
    return new Date(this.clock.now());
  }
}
