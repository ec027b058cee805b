import { useBlockStorageWorld } from '../testing/index.js';

interface PoolView { name: string; capabilities?: Record<string, unknown> }
const admin = { as: 'admin' };

describe('pools', () => {
  const world = useBlockStorageWorld();

  const list = async (query = '', version = '3.70'): Promise<PoolView[]> =>
    (await world().api<{ pools: PoolView[] }>('GET', `/scheduler-stats/get_pools${query}`, undefined, { ...admin, version })).pools;
  const createType = (name: string, extra_specs: Record<string, string>): Promise<unknown> => world().api('POST', '/types', { volume_type: { name, extra_specs } }, admin);

  it('tell what they can do and hold', async () => {
    expect(await list()).toEqual([{ name: 'node-1@file#file' }]);
    await world().availableVolume({ size: 5 });
    const [pool] = await list('?detail=True');
    expect(pool?.capabilities).toMatchObject({
      volume_backend_name: 'file', vendor_name: 'Virga', storage_protocol: 'nbd', driver_version: expect.any(String), pool_name: 'file', total_capacity_gb: 1000,
      provisioned_capacity_gb: 5, reserved_percentage: 0, multiattach: true, thin_provisioning_support: true, backend_state: 'up', timestamp: expect.any(String),
    });
    expect((await world().try('GET', '/scheduler-stats/get_pools?detail=perhaps', undefined, admin)).status).toBe(400);
  });

  it('are filtered by name and by volume type', async () => {
    await world().cloud.addHost('node-2');
    await world().settled();
    await createType('elsewhere', { volume_backend_name: 'rbd' });
    await createType('here', { 'capabilities:volume_backend_name': 'file' });
    expect(await list('?name=node-2@file%23file')).toEqual([{ name: 'node-2@file#file' }]);
    expect(await list('?name=node-2@file%23file', '3.27')).toHaveLength(2);
    expect(await list('?volume_type=elsewhere')).toEqual([]);
    expect(await list('?volume_type=here')).toHaveLength(2);
    expect(await list('?volume_type=elsewhere', '3.34')).toHaveLength(2);
    expect((await world().try('GET', '/scheduler-stats/get_pools?volume_type=nonsense', undefined, admin)).status).toBe(404);
  });

  it('have a backend whose capabilities say the same', async () => {
    const [pool] = await list('?detail=true');
    for (const name of ['node-1@file', encodeURIComponent('node-1@file#file')]) {
      const capabilities = await world().api<Record<string, unknown>>('GET', `/capabilities/${name}`, undefined, admin);
      expect(capabilities).toEqual({
        namespace: 'OS::Storage::Capabilities::node-1@file', vendor_name: 'Virga', volume_backend_name: 'file', pool_name: 'file', driver_version: expect.any(String),
        storage_protocol: 'nbd', display_name: null, description: null, visibility: null, replication_targets: [], properties: expect.any(Object),
      });
      for (const key of ['vendor_name', 'volume_backend_name', 'storage_protocol']) expect(capabilities[key]).toBe(pool?.capabilities?.[key]);
    }
    expect((await world().try('GET', '/capabilities/nonsense', undefined, admin)).status).toBe(404);
  });

  it('are in zones', async () => {
    expect(await world().api('GET', '/os-availability-zone')).toEqual({ availabilityZoneInfo: [{ zoneName: 'nova', zoneState: { available: true } }] });
    await world().api('PUT', '/os-services/disable', { host: 'node-1@file', binary: 'cinder-volume' }, admin);
    expect(await world().api('GET', '/os-availability-zone')).toEqual({ availabilityZoneInfo: [{ zoneName: 'nova', zoneState: { available: false } }] });
  });

  it('decide by their capabilities which volumes they get', async () => {
    await createType('elsewhere', { 'capabilities:volume_backend_name': 'rbd' });
    await createType('here', { volume_backend_name: 's== file', multiattach: '<is> True' });
    expect(await world().status(await world().availableVolume({ volume_type: 'elsewhere' }))).toBe('error');
    expect(await world().volume(await world().availableVolume({ volume_type: 'here' }))).toMatchObject({ status: 'available', multiattach: true, 'os-vol-host-attr:host': 'node-1@file#file' });
  });
});
