import { Conflict, NotFound } from '@virga/kernel';

/** What a server is sized by. Servers copy it, so that a later change or removal does not reach them. */
export interface Flavor {
  /** The id in the API (`flavorid`), chosen by whoever made the flavor. */
  id: string;
  name: string;
  vcpus: number;
  memoryMebibytes: number;
  rootGibibytes: number;
  ephemeralGibibytes: number;
  swapMebibytes: number;
  rxtxFactor: number;
  isPublic: boolean;
  isDisabled: boolean;
  description: string | null;
  extraSpecs: Record<string, string>;
}

export class FlavorUnknown extends NotFound {
  constructor(id: string) {
    super('compute.flavor.unknown', `Flavor ${id.slice(0, 255)} could not be found.`);
  }
}

export class FlavorExists extends Conflict {
  constructor(what: 'ID' | 'name', value: string) {
    super('compute.flavor.exists', `Flavor with ${what} ${value} already exists.`);
  }
}

export class ExtraSpecUnknown extends NotFound {
  constructor(id: string, key: string) {
    super('compute.flavor.extra-spec.unknown', `Flavor ${id} has no extra specs with key ${key.slice(0, 255)}.`);
  }
}

export class FlavorAccessExists extends Conflict {
  constructor(id: string, project: string) {
    super('compute.flavor.access.exists', `Flavor access already exists for flavor ${id} and project ${project} combination.`);
  }
}

export class FlavorAccessUnknown extends NotFound {
  constructor(id: string, project: string) {
    super('compute.flavor.access.unknown', `Flavor access not found for ${id} / ${project} combination.`);
  }
}

/** Everyone may use a public flavor: there is no list of who may. */
export class FlavorIsPublic extends Conflict {
  constructor() {
    super('compute.flavor.public', 'Can not add access to a public flavor.');
  }
}
