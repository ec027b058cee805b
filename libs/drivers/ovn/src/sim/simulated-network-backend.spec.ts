import { DriverUnavailable } from '@virga/ports';
import { itIsANetworkBackend } from '../network-backend.conformance.js';
import { aNetwork, aPort } from '../testing/model.js';
import { SimulatedNetworkBackend } from './simulated-network-backend.js';

describe('the simulated network backend', () => {
  itIsANetworkBackend(async () => {
    const backend = new SimulatedNetworkBackend();
    return {
      backend,
      other: backend,
      holds: async (ref) => backend.find(ref) !== undefined,
      tamper: async (ref) => backend.tamper(ref),
      remove: async (ref) => backend.remove(ref),
      plant: async (ref) => backend.tamper(ref),
      wire: async (portId, isUp) => backend.bind(portId, isUp),
      vanish: async () => backend.fail(),
      comeBack: async () => backend.thaw(),
      end: async () => undefined,
    };
  });
});

describe('the simulated network backend, on demand', () => {
  const soon = (): AbortSignal => AbortSignal.timeout(5_000);

  it('fails as often as told, before or after the commit', async () => {
    const backend = new SimulatedNetworkBackend();
    const [first, second] = [aNetwork(), aNetwork()];
    backend.fail(1);
    await expect(backend.ensure({ networks: [first] }, [], soon())).rejects.toBeInstanceOf(DriverUnavailable);
    expect(backend.all()).toEqual([]);
    backend.fail(1, { afterCommit: true });
    await expect(backend.ensure({ networks: [second] }, [], soon())).rejects.toBeInstanceOf(DriverUnavailable);
    await backend.ensure({ networks: [first] }, [], soon());
    expect(backend.all()).toHaveLength(2);
  });

  it('freezes until it is thawed, but not beyond a caller\'s signal', async () => {
    const backend = new SimulatedNetworkBackend();
    const stop = new AbortController();
    backend.freeze();
    const patient = backend.ensure({ networks: [aNetwork()] }, [], soon());
    const impatient = backend.ensure({ networks: [aNetwork()] }, [], stop.signal);
    stop.abort();
    await expect(impatient).rejects.toBeInstanceOf(DriverUnavailable);
    expect(backend.all()).toEqual([]);
    backend.thaw();
    await patient;
    expect(backend.all()).toHaveLength(1);
  });

  it('wires the ports it is told to at once', async () => {
    const backend = new SimulatedNetworkBackend({ bindsAtOnce: ({ host }) => host !== undefined });
    const network = aNetwork();
    const [wired, free] = [aPort(network, [], { host: 'host-1' }), aPort(network, [])];
    await backend.ensure({ networks: [network], ports: [wired, free] }, [], soon());
    const seen = new Map<string, boolean>();
    for await (const { portId, isUp } of backend.bindings(soon())) if (seen.set(portId, isUp).size === 2) break;
    expect([seen.get(wired.id), seen.get(free.id)]).toEqual([true, false]);
  });
});
