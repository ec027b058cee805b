import { Conflict, Invalid, NotFound } from '@virga/kernel';

export class ServiceUnknown extends NotFound {
  constructor(what: string) {
    super('compute.service.unknown', `Service ${what.slice(0, 255)} could not be found.`);
  }
}

export class ServiceInUse extends Conflict {
  constructor() {
    super('compute.service.in-use', 'Unable to delete compute service that is hosting instances. Migrate or delete the instances first.');
  }
}

export class ServiceActionInvalid extends Invalid {
  constructor(message: string) {
    super('compute.service.action', message);
  }
}

/** What an operator wants of a host's service; what is undefined stays. */
export interface ServiceSetting {
  isDisabled?: boolean;
  disabledReason?: string | null;
  isForcedDown?: boolean;
}
