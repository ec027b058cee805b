import { Conflict, Invalid, NotFound, type Fault, type HostId } from '@virga/kernel';

/** Hosts with something in common; `availability_zone` in the metadata makes it a zone. */
export interface Aggregate {
  id: number;
  uuid: string;
  name: string;
  metadata: Record<string, string>;
  hosts: HostId[];
  createdAt: Date;
  updatedAt: Date | null;
}

export const ZONE_KEY = 'availability_zone';

/** The zone of a host, as far as servers on it depend on it. */
export type ZonesByHost = ReadonlyMap<string, string>;

/** The first host whose servers would find themselves in another zone; undefined where none would. */
export function movedHost(before: ZonesByHost, after: ZonesByHost): string | undefined {
  return [...before].find(([host, zone]) => after.has(host) && after.get(host) !== zone)?.[0];
}

export class AggregateUnknown extends NotFound {
  constructor(id: string | number) {
    super('compute.aggregate.unknown', `Aggregate ${String(id).slice(0, 32)} could not be found.`);
  }
}

export class AggregateExists extends Conflict {
  constructor(name: string) {
    super('compute.aggregate.exists', `Aggregate ${name} already exists.`);
  }
}

export class AggregateNotEmpty extends Invalid {
  constructor(id: number) {
    super('compute.aggregate.not-empty', `Cannot delete aggregate ${id}: it has hosts.`);
  }
}

export class AggregateHostExists extends Conflict {
  constructor(id: number, host: string) {
    super('compute.aggregate.host-exists', `Aggregate ${id} already has host ${host}.`);
  }
}

export class AggregateHostUnknown extends NotFound {
  constructor(id: number, host: string) {
    super('compute.aggregate.host-unknown', `Cannot remove host ${host.slice(0, 255)} in aggregate ${id}`);
  }
}

/** A host is in one zone, and servers do not change theirs. Adding and removing hosts answers 409, changing the aggregate 400. */
export function zoneConflict(kind: 'membership' | 'change', reason: string): Fault {
  return kind === 'membership' ? new Conflict('compute.aggregate.zone', reason) : new Invalid('compute.aggregate.zone', reason);
}
