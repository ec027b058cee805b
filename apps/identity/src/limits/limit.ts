import { Conflict, Forbidden } from '@virga/kernel';

/** What holds for every project without a limit of its own. */
export interface RegisteredLimit {
  id: string;
  serviceId: string;
  regionId: string | null;
  resourceName: string;
  defaultLimit: number;
  description: string | null;
}

/** What one project or domain gets instead. */
export interface Limit {
  id: string;
  serviceId: string;
  regionId: string | null;
  resourceName: string;
  resourceLimit: number;
  description: string | null;
  projectId: string | null;
  domainId: string | null;
  /** The domain of the project. */
  projectDomainId: string | null;
}

export class LimitRegistered extends Conflict {
  constructor(resource: string) {
    super('identity.registered-limit.exists', `There is already a registered limit of '${resource}' for this service and region.`);
  }
}

export class LimitExists extends Conflict {
  constructor(resource: string) {
    super('identity.limit.exists', `There is already a limit of '${resource}' for this project or domain.`);
  }
}

export class RegisteredLimitInUse extends Forbidden {
  constructor(id: string) {
    super('identity.registered-limit.in-use', `Projects have limits of their own for the registered limit ${id}; delete those first.`);
  }
}

export class LimitUnregistered extends Forbidden {
  constructor(resource: string) {
    super('identity.limit.unregistered', `There is no registered limit of '${resource}' for this service and region.`);
  }
}
