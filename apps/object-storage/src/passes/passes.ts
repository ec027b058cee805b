import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, minutes, type Clock, type Duration } from '@virga/kernel';
import { Database } from '@virga/persistence';
import type { ContainerId } from '../containers/index.js';
import { PassesRepository } from './passes.repository.js';

/**
 * How long a pass belongs to a process that does not report on it.
 *
 * Too low: two processes go through the same part of a bucket, which is only wasteful. Too high: after a crash a bucket waits so long.
 */
const LEASE = minutes(5);

/** A bucket that is being gone through. */
export interface Pass {
  containerId: ContainerId;
  fence: number;
  /** All names up to this one are done; absent at the beginning. */
  finishedName: string | undefined;
}

/**
 * Who goes through which container when, for work on all its objects.
 *
 * Theory of operation. A row says when its container is due. Whoever claims it pushes that moment ahead by a lease and raises the
 * fence; every report renews the lease and keeps the name up to which all is done. A process that dies is not missed: its container
 * becomes due again and another goes on after that name. One that was only slow finds its fence outdated and stops.
 */
@Injectable()
export class Passes {
  constructor(private readonly db: Database, private readonly passes: PassesRepository, @Inject(CLOCK) private readonly clock: Clock) {}

  /** Lets the container be gone through from its beginning, as soon as possible, and then again and again. */
  async start(containerId: ContainerId): Promise<void> {
    await this.passes.upsert(this.db, containerId, new Date(this.clock.now()));
  }

  async stop(containerId: ContainerId): Promise<void> {
    await this.passes.remove(this.db, containerId);
  }

  /** A container that is due; nobody else has it for the time of a lease. */
  async claim(): Promise<Pass | undefined> {
    const now = this.clock.now();
    return this.passes.claim(this.db, new Date(now), new Date(now + LEASE));
  }

  /** Says how far it has come; false where the pass is another's by now. */
  async report(pass: Pass, finishedName: string | undefined): Promise<boolean> {
    return this.passes.report(this.db, pass, finishedName, new Date(this.clock.now() + LEASE));
  }

  /** Ends the pass; the next begins after `rest`. */
  async finish(pass: Pass, rest: Duration): Promise<void> {
    await this.passes.report(this.db, pass, undefined, new Date(this.clock.now() + rest));
  }
}
