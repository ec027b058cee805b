import { Conflict, Invalid, Unavailable } from '@virga/kernel';

/** The backend cannot be reached or is busy: the same call may work later. */
export class DriverUnavailable extends Unavailable {
  constructor(backend: string, options: { cause?: unknown } = {}) {
    super(`driver.${backend}.unavailable`, `The ${backend} backend cannot be reached right now.`, options);
  }
}

/** The backend will never do this; `reason` is in words that an operator can act on. */
export class Refused extends Invalid {
  constructor(backend: string, readonly reason: string, options: { cause?: unknown } = {}) {
    super(`driver.${backend}.refused`, `The ${backend} backend refused: ${reason}`, options);
  }
}

/** The command is older than what the backend already knows of this thing: it changes nothing. */
export class Outdated extends Conflict {
  constructor(kind: string, readonly id: string) {
    super('driver.outdated', `A newer command for ${kind} ${id} was already carried out.`);
  }
}
