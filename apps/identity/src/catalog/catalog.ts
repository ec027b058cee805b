import { Conflict, Forbidden } from '@virga/kernel';

export interface Service {
  id: string;
  type: string;
  name: string | null;
  description: string | null;
  isEnabled: boolean;
  extra: Readonly<Record<string, unknown>>;
}
export type ServiceChange = Partial<Omit<Service, 'id'>>;

export interface CatalogEndpoint {
  id: string;
  serviceId: string;
  regionId: string | null;
  interface: string;
  /** May hold `$(project_id)s`. */
  url: string;
  isEnabled: boolean;
  extra: Readonly<Record<string, unknown>>;
}
export type EndpointChange = Partial<Omit<CatalogEndpoint, 'id'>>;

export interface Region {
  id: string;
  description: string;
  parentId: string | null;
  extra: Readonly<Record<string, unknown>>;
}
export type RegionChange = Partial<Omit<Region, 'id'>>;

export class RegionExists extends Conflict {
  constructor(id: string) {
    super('identity.region.exists', `There is already a region '${id}'.`);
  }
}

export class RegionInUse extends Forbidden {
  constructor(id: string) {
    super('identity.region.endpoints', `The region '${id}', or one below it, still has endpoints or limits.`);
  }
}

export class RegionInsideItself extends Conflict {
  constructor(id: string) {
    super('identity.region.cycle', `The region '${id}' cannot be below itself.`);
  }
}

export class ServiceInUse extends Forbidden {
  constructor(id: string) {
    super('identity.service.limits', `The service ${id} still has registered limits.`);
  }
}
