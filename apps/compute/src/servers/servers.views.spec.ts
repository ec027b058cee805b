import { addressesView } from './servers.views.js';

const nic = (networkName: string, ip: string) => ({ networkName, mac: 'fa:16:3e:00:00:01', fixedIps: [{ ip, version: 4 as const, floatingIps: [] }] });

describe('the addresses of a server', () => {
  it.each(['private', 'constructor', '__proto__'])('are shown of a network that is called %s', (name) => {
    const shown = addressesView({ nics: [nic(name, '10.0.0.5'), nic(name, '10.0.0.6')] as unknown as Parameters<typeof addressesView>[0]['nics'] });
    expect(Object.entries(shown).map(([network, addresses]) => [network, addresses.map(({ addr }) => addr)])).toEqual([[name, ['10.0.0.5', '10.0.0.6']]]);
  });
});
