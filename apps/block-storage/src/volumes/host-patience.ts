import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Conflict, minutes, type Clock, type Duration } from '@virga/kernel';
import type { Reader } from '@virga/persistence';
import { BackendsRepository } from '../backends/index.js';

/**
 * How long a storage host that works on something for hours may be silent before it is given up.
 *
 * Too short: an agent that is restarted with an update loses work that it would have gone on with. Too long: users of a dead
 * host watch a volume that nothing happens to.
 */
const PATIENCE: Duration = minutes(5);

class HostSilent extends Conflict {
  constructor() {
    super('block-storage.backend.silent', 'The storage host of this volume does not answer.');
  }
}

/** For operations whose deadline is long: a host that is gone ends them sooner. */
@Injectable()
export class HostPatience {
  constructor(private readonly backends: BackendsRepository, @Inject(CLOCK) private readonly clock: Clock) {}

  /** Throws `HostSilent` where the backend's host has not been heard of for too long. */
  async requireAlive(db: Reader, backend: string): Promise<void> {
    if (await this.isGivenUp(db, backend)) throw new HostSilent();
  }

  isGivenUp(db: Reader, backend: string): Promise<boolean> {
    return this.backends.isSilent(db, backend, new Date(this.clock.now() - PATIENCE));
  }
}
