import { DriverUnavailable } from '@virga/ports';
import { aHostNic, hostNetworkConformance } from '../host-network.conformance.js';
import { SimHostNetwork } from './sim-host-network.js';

const simulated = new SimHostNetwork();

hostNetworkConformance('SimHostNetwork', () => simulated);

describe('SimHostNetwork', () => {
  it('fails as often as it is told and then works', async () => {
    const signal = new AbortController().signal;
    const network = new SimHostNetwork();
    const nic = aHostNic();
    network.fail(1);

    await expect(network.ensureNic(nic, signal)).rejects.toBeInstanceOf(DriverUnavailable);
    await network.ensureNic(nic, signal);

    expect(network.plugged()).toEqual([nic]);
  });
});
