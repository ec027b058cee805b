import type { GuestNicSpec } from '@virga/contracts-compute';
import { mapLimit, Turns } from '@virga/kernel';
import type { Logger } from '@virga/observability';
import type { HostNetwork, MetadataNetwork } from '@virga/ports';
import type { MetadataRecords } from './metadata-records.js';

/**
 * The networks whose guests live here have a metadata service here, and no others.
 *
 * Theory of operation. What a guest needs is put down before its networks are made and taken away after it is gone, so
 * that whatever happens in between, `repair` (at start, and now and then) makes it true from the records: it restarts
 * proxies that died and removes networks that no guest needs. Work on one network happens one after the other.
 */
export class MetadataNetworks {
  private readonly turns = new Turns();

  constructor(private readonly records: MetadataRecords, private readonly hostNetwork: HostNetwork, private readonly logger: Logger) {}

  /** The metadata service of a guest's networks is there. */
  async ensure(guestId: string, nics: readonly GuestNicSpec[], signal: AbortSignal): Promise<void> {
    await this.records.put(guestId, nics);
    await mapLimit(nics, 4, (nic) => this.ensureNetwork(nic, signal));
  }

  /** The same for one more NIC of a guest. */
  async add(guestId: string, nic: GuestNicSpec, signal: AbortSignal): Promise<void> {
    const others = this.records.of(guestId).filter(({ portId }) => portId !== nic.portId);
    await this.ensure(guestId, [...others, nic], signal);
  }

  /** A guest is gone: networks that it alone needed go with it. */
  async forget(guestId: string, signal: AbortSignal): Promise<void> {
    const networks = this.records.of(guestId).map(({ networkId }) => networkId);
    await this.records.remove(guestId);
    for (const networkId of new Set(networks)) await this.removeUnneeded(networkId, signal);
  }

  /** Makes the host as the records say. */
  async repair(signal: AbortSignal): Promise<void> {
    for (const nic of this.records.networks().values()) {
      await this.ensureNetwork(nic, signal).catch((error: unknown) => this.logger.error('metadata network not repaired', { networkId: nic.networkId, error }));
    }
    for (const networkId of await this.hostNetwork.observeMetadata(signal)) {
      await this.removeUnneeded(networkId, signal).catch((error: unknown) => this.logger.error('metadata network not removed', { networkId, error }));
    }
  }

  private async ensureNetwork(nic: GuestNicSpec, signal: AbortSignal): Promise<void> {
    const network = metadataNetwork(nic);
    if (network !== undefined) await this.turns.run(nic.networkId, () => this.hostNetwork.ensureMetadata(network, signal));
  }

  private async removeUnneeded(networkId: string, signal: AbortSignal): Promise<void> {
    await this.turns.run(networkId, async () => {
      if (!this.records.networks().has(networkId)) await this.hostNetwork.ensureNoMetadata(networkId, signal);
    });
  }
}

function metadataNetwork({ networkId, mtu, metadata }: GuestNicSpec): MetadataNetwork | undefined {
  return metadata === null ? undefined : { networkId, mtu, portId: metadata.portId as MetadataNetwork['portId'], mac: metadata.mac, addresses: metadata.addresses };
}
