import { NotFound } from '@virga/kernel';

/** Networks and routers are on every host at once: there is one zone, called as compute's default one. */
export const ZONE = 'nova';

export class AvailabilityZoneNotFound extends NotFound {
  constructor(name: string) {
    super('network.availability-zone.not-found', `AvailabilityZone ${name} could not be found.`);
  }
}

/** Throws for a hint that names no zone. */
export function requireZones(hints: readonly string[]): void {
  const unknown = hints.find((hint) => hint !== ZONE);
  if (unknown !== undefined) throw new AvailabilityZoneNotFound(unknown);
}
