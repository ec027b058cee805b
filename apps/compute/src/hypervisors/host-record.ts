import { NotFound, type HostId } from '@virga/kernel';

/** What hosts run, by the name that the API gives it. */
export const HOST_BINARY = 'nova-compute';

/** A host with everything that operators are shown of it: what it reports, what they set, and what is placed on it. */
export interface HostRecord {
  name: HostId;
  /** Its number, by which hypervisor and service go until 2.52. */
  number: number;
  /** The hypervisor's and the resource provider's. */
  id: string;
  serviceId: string;
  zone: string;
  isUp: boolean;
  isDisabled: boolean;
  disabledReason: string | null;
  isForcedDown: boolean;
  lastSeenAt: Date;
  resources: HostResources;
  /** What is given away, and what is kept for the host itself, by resource class. */
  stocks: Readonly<Record<string, { reserved: number; used: number }>>;
  serverCount: number;
  /** How many of them have something under way. */
  busyCount: number;
  /** Those on it, where they were asked for. */
  servers: readonly { id: string; name: string }[];
}

/** As the host reports them. */
export interface HostResources {
  hypervisorType: string;
  hypervisorVersion: number;
  hypervisorHostname: string;
  vcpus: number;
  memoryMebibytes: number;
  diskGibibytes: number;
  diskUsedGibibytes: number;
  cpuModel: string;
  uptimeSeconds?: number;
  /** Of the last 1, 5 and 15 minutes. */
  loadAverages?: readonly number[];
}

export class HypervisorUnknown extends NotFound {
  constructor(id: string) {
    super('compute.hypervisor.unknown', `Hypervisor with ID '${id.slice(0, 64)}' could not be found.`);
  }
}

export class HostUnknown extends NotFound {
  constructor(name: string) {
    super('compute.host.unknown', `Compute host ${name.slice(0, 255)} could not be found.`);
  }
}
