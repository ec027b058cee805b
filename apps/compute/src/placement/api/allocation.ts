import { Conflict, Invalid, NotFound } from '@virga/kernel';
import type { Amounts } from '../ledger.js';
import { GenerationConflict } from './provider.js';

/** The owner of allocations: a server, in most cases. */
export interface Consumer {
  uuid: string;
  project: string;
  user: string;
  type: string;
  generation: number;
}

/** What a consumer is to have by provider, and nothing else. */
export interface WantedAllocations {
  consumer: string;
  project: string;
  user: string;
  /** Undefined: keep what it is. */
  type: string | undefined;
  /** What the client takes the consumer's generation to be: null for "there is none"; undefined where the version does not ask. */
  generation: number | null | undefined;
  byProvider: ReadonlyMap<string, Amounts>;
}

/** The type of consumers that were made by clients that did not say. */
export const UNKNOWN_TYPE = 'unknown';

/** The project and user of consumers that were made by clients of before 1.8 (Placement's default configuration). */
export const INCOMPLETE_OWNER = '00000000-0000-0000-0000-000000000000';

export class ConsumerUnknown extends NotFound {
  constructor(uuid: string) {
    super('placement.consumer.unknown', `No allocations for consumer '${uuid.slice(0, 64)}'`);
  }
}

export class AllocationProviderUnknown extends Invalid {
  constructor(uuid: string) {
    super('placement.allocation.provider-unknown', `Allocation for resource provider '${uuid}' that does not exist.`);
  }
}

/** It is not there (any more): the client should look again. */
export class CapacityExceeded extends Conflict {
  constructor(resourceClass: string, provider: string) {
    super('placement.allocation.capacity', `Unable to allocate inventory: Unable to create allocation for '${resourceClass}' on resource provider '${provider}'.`);
  }
}

/** Throws `GenerationConflict` where the client's view of the consumer is old. */
export function requireConsumer({ generation }: WantedAllocations, seen: Consumer | undefined): void {
  if (generation === undefined) return;
  const actual = seen?.generation ?? null;
  if (actual !== generation) throw new GenerationConflict('consumer', generation, actual);
}
