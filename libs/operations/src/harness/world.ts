import type { Clock, Duration } from '@virga/kernel';
import type { MessageTap } from '@virga/messaging';
import type { Database } from '@virga/persistence';
import type { AroundStep } from '../attempt.js';

/** What the harness puts into the process under test, so that it can be killed, repeated, failed and misunderstood. */
export interface ProcessTools {
  /** The only way to the database for everything in the process. */
  readonly database: Database;
  /** For the engine. */
  readonly aroundStep: AroundStep;
  /** For the engine: no jitter. */
  readonly random: () => number;
  /** How many copies of each message arrive; for every message that leaves or reaches the process. */
  readonly tap: MessageTap;
}

/** A process of the service: engine, operations, handlers of messages. It is driven by `settled` alone, not by timers. */
export interface ProcessUnderTest {
  /** Runs until no operation is due, no message is on its way and nothing moves in the backends. */
  settled(): Promise<void>;
  /** Frees what the test needs to end; finishes and records nothing, and does not wait for `settled`. */
  kill(): Promise<void>;
}

/** A cloud that is small enough for a test; backends and database outlive the process in it. */
export interface World {
  readonly database: Database;
  readonly clock: Clock & { advance(by: Duration): void };
  /** Starts the process anew, with nothing in its memory. */
  boot(tools: ProcessTools): Promise<ProcessUnderTest>;
  /** Throws where something is wrong that must never be: a transitional state, something without an owner, usage that is not what a recount says. */
  assertSound(): Promise<void>;
  close(): Promise<void>;
}

/** What an operation promises. */
export interface Survival<W extends World, Subject> {
  /** Makes the request that starts the operation, and answers what the promises are about. */
  given: (world: W) => Promise<Subject>;
  whenItCompletes: (world: W, subject: Subject) => Promise<void>;
  whenItFails: (world: W, subject: Subject) => Promise<void>;
  /** Things that happen for good in the middle (`'its host vanishes'`); it must end somehow, and leave the world sound. */
  disasters?: Readonly<Record<string, (world: W, subject: Subject) => Promise<void>>>;
  /** Says that it sends and awaits no messages, so that there is nothing to lose. */
  isSilent?: boolean;
}
