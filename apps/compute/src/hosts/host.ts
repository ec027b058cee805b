import { seconds, type Clock, type Duration, type HostId, type Instant } from '@virga/kernel';

/**
 * How long after its last word a host counts as up.
 *
 * Too short: a host that is busy for a moment gets no servers, and its own are reported as unknown. Too long: servers are
 * placed on a dead host and wait there for their deadline. Agents report several times within it.
 */
export const HOST_SILENCE: Duration = seconds(60);

/** A hypervisor host: what it says of itself, and what operators want of it. */
export interface Host {
  name: HostId;
  /** Also its resource provider's, and its hypervisor's in the API. */
  id: string;
  availabilityZone: string;
  resources: { vcpus: number; memoryMebibytes: number; diskGibibytes: number; hypervisorHostname: string; traits: string[] };
  lastSeenAt: Instant;
  isDisabled: boolean;
  disabledReason: string | null;
  isForcedDown: boolean;
}

/** The moment before which a host must not have been silent. */
export function silentBefore(clock: Clock): Date {
  return new Date(clock.now() - HOST_SILENCE);
}

/** The program that a host's commands are for. */
export const COMPUTE_AGENT = 'compute-agent';
