import { randomBytes, randomUUID } from 'node:crypto';
import { newId } from '@virga/kernel';
import { Refused, type HostNetwork, type HostNic, type MetadataNetwork } from '@virga/ports';

const within = (): AbortSignal => AbortSignal.timeout(20_000);
const aMac = (): string => `fa:16:3e:${randomBytes(3).toString('hex').replace(/(..)(?=.)/g, '$1:')}`;

export const aHostNic = (): HostNic => ({ portId: newId<'port'>(), mac: aMac(), mtu: 1442 });
export const aMetadataNetwork = (): MetadataNetwork => ({
  networkId: randomUUID(), portId: newId<'port'>(), mac: aMac(), addresses: ['10.7.0.2/24'], mtu: 1442,
});

/** What every host network promises; run against the real driver and its simulated twin, so that the twin cannot lie. */
export function hostNetworkConformance(name: string, host: () => HostNetwork): void {
  describe(`${name} as a host network`, () => {
    it('plugs a NIC in once, however often and however concurrently it is told', async () => {
      const nic = aHostNic();

      const taps = await Promise.all([1, 2, 3].map(() => host().ensureNic(nic, within())));

      const observed = (await host().observeNics(within())).filter((found) => found.portId === nic.portId);
      expect(new Set(taps).size).toBe(1);
      expect(observed).toEqual([{ portId: nic.portId, tap: taps[0] }]);
      expect(taps[0]!.length).toBeLessThanOrEqual(15);
      await host().ensureNoNic(nic.portId, within());
    });

    it('leaves nothing of a removed NIC, and removes one that it never had', async () => {
      const nic = aHostNic();
      await host().ensureNic(nic, within());

      await host().ensureNoNic(nic.portId, within());
      await host().ensureNoNic(nic.portId, within());
      await host().ensureNoNic(newId<'port'>(), within());

      expect((await host().observeNics(within())).map((found) => found.portId)).not.toContain(nic.portId);
    });

    it('repairs NICs without changing any', async () => {
      const nic = aHostNic();
      await host().ensureNic(nic, within());
      const before = await host().observeNics(within());

      await host().repairNics(within());

      expect(await host().observeNics(within())).toEqual(before);
      await host().ensureNoNic(nic.portId, within());
    });

    it('keeps NICs apart', async () => {
      const [one, other] = [aHostNic(), aHostNic()];
      const taps = [await host().ensureNic(one, within()), await host().ensureNic(other, within())];

      await host().ensureNoNic(one.portId, within());

      expect(taps[0]).not.toBe(taps[1]);
      expect((await host().observeNics(within())).map((found) => found.portId)).toEqual([other.portId]);
      await host().ensureNoNic(other.portId, within());
    });

    it('refuses what is no MAC address, no port, no address', async () => {
      const network = aMetadataNetwork();

      await expect(host().ensureNic({ ...aHostNic(), mac: 'fa:16:3e:00:00:01 x' }, within())).rejects.toBeInstanceOf(Refused);
      await expect(host().ensureNic({ ...aHostNic(), portId: '../x' as never }, within())).rejects.toBeInstanceOf(Refused);
      await expect(host().ensureMetadata({ ...network, addresses: ['10.0.0.1/24\nbind :80'] }, within())).rejects.toBeInstanceOf(Refused);
      await expect(host().ensureMetadata({ ...network, networkId: 'x\n' }, within())).rejects.toBeInstanceOf(Refused);

      expect(await host().observeMetadata(within())).toEqual([]);
    });

    it('makes a network\'s metadata service and removes it, each as often as it is told', async () => {
      const network = aMetadataNetwork();

      await Promise.all([host().ensureMetadata(network, within()), host().ensureMetadata(network, within())]);
      expect(await host().observeMetadata(within())).toEqual([network.networkId]);

      await host().ensureNoMetadata(network.networkId, within());
      await host().ensureNoMetadata(network.networkId, within());
      expect(await host().observeMetadata(within())).toEqual([]);
    });

    it('gives up when its caller does', async () => {
      await expect(host().observeNics(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    });
  });
}
