import { newId, type ServerId } from '@virga/kernel';
import type { DiskLimits, GuestNic, GuestReport, GuestSpec, GuestVolume, HostNetwork, Hypervisor } from '@virga/ports';

/** What the suite needs of a host beside the hypervisor itself. */
export interface HypervisorUnderTest {
  hypervisor: Hypervisor;
  hostNetwork: HostNetwork;
  /** A guest that boots, prints something on its console, and follows ACPI requests. */
  spec(changes?: Partial<GuestSpec>): GuestSpec;
  /** How often the guest has booted so far. */
  boots(id: ServerId): Promise<number>;
  /** Resolves when the guest listens to ACPI requests and lets go of devices. */
  isUp(id: ServerId): Promise<void>;
  /** Everything on the host that names the guest: domains, directories. */
  traces(id: ServerId): Promise<string[]>;
  /** A volume that guests can reach. */
  volume(target: string): Promise<GuestVolume>;
  /** The storage makes the volume so large. */
  grow(volume: GuestVolume, sizeBytes: number): Promise<void>;
  /** How large the running guest's disk is. */
  diskSize(id: ServerId, volume: GuestVolume): Promise<number | undefined>;
  /** The limits that hold for the running guest's disk, as far as they are not 0. */
  limitsOf(id: ServerId, volume: GuestVolume): Promise<DiskLimits>;
}

const LIMIT_MS = 20_000;
/** As long as anything here may take. */
export const within = (): AbortSignal => AbortSignal.timeout(LIMIT_MS);

export const aNic = (): GuestNic => ({ portId: newId<'port'>(), mac: 'fa:16:3e:00:00:01', mtu: 1442 });

/** The guests of a suite. */
export interface Guests {
  /** Describes one; whatever is made of it is gone after the test. */
  planned(changes?: Partial<GuestSpec>): GuestSpec;
  /** Makes one that runs. */
  given(changes?: Partial<GuestSpec>): Promise<GuestSpec>;
  find(id: ServerId): Promise<GuestReport | undefined>;
}

/** Call it in the suite's `describe`. */
export function useGuests(host: () => HypervisorUnderTest): Guests {
  const made: ServerId[] = [];

  afterEach(async () => {
    for (const id of made.splice(0)) await host().hypervisor.ensureNoGuest(id, Number.MAX_SAFE_INTEGER, within());
  });

  const planned = (changes: Partial<GuestSpec> = {}): GuestSpec => {
    const spec = host().spec(changes);
    made.push(spec.id);
    return spec;
  };
  return {
    planned,
    given: async (changes = {}) => {
      const spec = planned(changes);
      await host().hypervisor.ensureGuest(spec, within());
      return spec;
    },
    find: async (id) => (await host().hypervisor.observe(within())).find((guest) => guest.id === id),
  };
}
