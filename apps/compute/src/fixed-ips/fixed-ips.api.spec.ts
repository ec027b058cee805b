import { ComputeWorld, SimulatedPeers, useComputeDatabase } from '../testing/index.js';

describe('fixed IPs of a server', () => {
  const database = useComputeDatabase();
  let world: ComputeWorld;
  let peers: SimulatedPeers;
  beforeEach(async () => {
    world = new ComputeWorld(database);
    peers = await SimulatedPeers.start(world.cloud);
    await world.start({ peers: { network: peers.url, image: peers.url } });
    await world.furnish();
  });
  afterEach(async () => {
    await world.stop();
    peers.close();
  });

  it('are added to and taken from its port, in the caller\'s name', async () => {
    const id = await world.activeServer();
    const [port] = [...world.cloud.network.ports.values()];
    if (port === undefined) throw new Error('There is no port.');
    const ip = port.fixedIps[0]?.ip;
    // The simulated API takes up the servers' ports when they are listed.
    await fetch(`${peers.url}/v2.0/ports`);
    expect((await world.act(id, { addFixedIp: { networkId: port.networkId } }, 'alice', '2.43')).status).toBe(202);
    const asked = () => peers.collections['ports']?.get(port.portId)?.['fixed_ips'];
    expect(asked()).toEqual([{ subnet_id: port.networkId, ip_address: ip }, { subnet_id: port.networkId }]);
    expect(peers.tokens.at(-1)).toBe('alice');
    expect((await world.act(id, { removeFixedIp: { address: ip } }, 'alice', '2.43')).status).toBe(202);
    expect(asked()).toEqual([]);
  });

  it('are refused where the server has none such, and unknown from 2.44 on', async () => {
    const id = await world.activeServer();
    expect((await world.act(id, { addFixedIp: { networkId: 'nowhere' } }, 'alice', '2.43')).status).toBe(404);
    expect((await world.act(id, { removeFixedIp: { address: '192.0.2.1' } }, 'alice', '2.43')).status).toBe(400);
    expect((await world.act(id, { removeFixedIp: { address: '192.0.2.1' } }, 'alice', '2.44')).status).toBe(404);
  });
});
