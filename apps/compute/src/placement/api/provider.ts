import { Conflict, Invalid, NotFound } from '@virga/kernel';

/** What has resources to give (Placement API, "resource providers"). */
export interface Provider {
  uuid: string;
  name: string;
  /** Raised with every change of what it has or of who has it; clients compare and set on it. */
  generation: number;
  parent: string | null;
  root: string;
  updatedAt: Date;
}

export class ProviderUnknown extends NotFound {
  constructor(uuid: string) {
    super('placement.provider.unknown', `No resource provider with uuid ${uuid.slice(0, 64)} found`);
  }
}

export class ProviderExists extends Conflict {
  constructor(what: string) {
    super('placement.provider.name-taken', `Conflicting resource provider ${what} already exists.`);
  }
}

export class ProviderInUse extends Conflict {
  constructor(uuid: string) {
    super('placement.provider.in-use', `Unable to delete resource provider ${uuid}: it has allocations.`);
  }
}

export class ProviderHasChildren extends Conflict {
  constructor(uuid: string) {
    super('placement.provider.has-children', `Unable to delete parent resource provider ${uuid}: It has child resource providers.`);
  }
}

export class ParentInvalid extends Invalid {
  constructor(reason: string) {
    super('placement.provider.parent', `Unable to set the parent of the resource provider: ${reason}`);
  }
}

/** Somebody else changed it since the caller looked. */
export class GenerationConflict extends Conflict {
  constructor(what: 'resource provider' | 'consumer', expected: number | null, actual: number | null) {
    super('placement.generation.conflict', `${what} generation conflict - expected ${actual ?? 'null'} but got ${expected ?? 'null'}`);
  }
}

/** Throws `GenerationConflict` where the caller's view is old. */
export function requireGeneration(provider: Provider, expected: number): void {
  if (provider.generation !== expected) throw new GenerationConflict('resource provider', expected, provider.generation);
}
