import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimHostNetwork } from '@virga/driver-ovs/sim';
import { silentLogger } from '@virga/observability';
import { Refused, type MetadataNetwork } from '@virga/ports';
import { MetadataNetworks } from './metadata-networks.js';
import { MetadataRecords } from './metadata-records.js';

const signal = (): AbortSignal => AbortSignal.timeout(5_000);
const aNetwork = (): MetadataNetwork => ({
  networkId: randomUUID(), portId: randomUUID() as MetadataNetwork['portId'], mac: 'fa:16:3e:00:00:02', mtu: 1442, addresses: ['10.0.0.2/24'],
});

/** A host on which one network cannot be removed. */
class StubbornHostNetwork extends SimHostNetwork {
  stubborn: string | undefined;

  override async ensureNoMetadata(networkId: string, within: AbortSignal): Promise<void> {
    if (networkId === this.stubborn) throw new Refused('ovs', 'somebody holds it');
    await super.ensureNoMetadata(networkId, within);
  }
}

describe('the repair of metadata networks', () => {
  let directory: string;
  beforeAll(async () => { directory = await mkdtemp(join(tmpdir(), 'virga-metadata-')); });
  afterAll(() => rm(directory, { recursive: true }));

  it('removes what no guest needs, also beside what cannot be removed', async () => {
    const host = new StubbornHostNetwork();
    const [first, second] = [aNetwork(), aNetwork()];
    await host.ensureMetadata(first, signal());
    await host.ensureMetadata(second, signal());
    host.stubborn = first.networkId;
    const networks = new MetadataNetworks(await MetadataRecords.open(directory), host, silentLogger);
    await networks.repair(signal());
    expect(await host.observeMetadata(signal())).toEqual([first.networkId]);
  });
});
