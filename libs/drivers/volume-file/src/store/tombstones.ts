import { days, type Clock, type Instant } from '@virga/kernel';
import { Outdated } from '@virga/ports';
import type { Records } from './store-catalog.js';

/**
 * How long a removed thing is remembered.
 *
 * Too low: a command that waited longer than this in a queue brings it back. Too high: some records of a few bytes. It must
 * exceed the life of any message; the queues drop commands after a day.
 */
const TOMBSTONE_LIFE = days(7);

export interface Tombstone {
  id: string;
  generation: number;
  writtenAt: Instant;
}

/** Up to which generation the commands for a removed volume, snapshot or attachment are refused; durable before it is removed. */
export class Tombstones {
  constructor(private readonly kept: Records<Tombstone>, private readonly clock: Clock) {}

  /** Throws `Outdated` for a command that is not newer than the one which removed the thing. */
  requireNewer(kind: string, id: string, generation: number): void {
    const dead = this.kept.find(id);
    if (dead !== undefined && dead.generation >= generation) throw new Outdated(kind, id);
  }

  async put(id: string, generation: number): Promise<void> {
    const known = this.kept.find(id);
    if (known !== undefined && known.generation >= generation) return;
    await this.kept.put({ id, generation, writtenAt: this.clock.now() });
  }

  async forgetExpired(): Promise<void> {
    for (const { id, writtenAt } of this.kept.all()) {
      if (writtenAt + TOMBSTONE_LIFE < this.clock.now()) await this.kept.remove(id);
    }
  }
}
