import { survival } from '@virga/operations/harness';
import { SurvivalWorld, useBlockStorageDatabase } from '../../testing/index.js';
import { ManageVolume } from './manage-volume.operation.js';

describe('managing what a backend holds', () => {
  const database = useBlockStorageDatabase();
  const itSurvives = survival(() => SurvivalWorld.open(database));

  itSurvives(ManageVolume, {
    given: async (world) => {
      const old = await world.availableVolume();
      const { 'os-vol-host-attr:host': host } = await world.volume(old);
      await world.act(old, { 'os-unmanage': {} }, { as: 'admin' });
      const body = { volume: { host, ref: { 'source-name': `volume-${old}` } } };
      return (await world.api<{ volume: { id: string } }>('POST', '/manageable_volumes', body, { as: 'admin' })).volume.id;
    },
    whenItCompletes: async (world, id) => {
      expect(await world.status(id)).toBe('available');
      expect(await world.count('unmanaged_volume')).toBe(0);
    },
    whenItFails: async (world, id) => {
      // Either it is a volume, or what was there can be managed again.
      expect(await world.count('unmanaged_volume')).toBe(await world.status(id) === 'error' ? 1 : 0);
      expect(await world.database.sql`SELECT FROM unmanaged_volume WHERE managed_as IS NOT NULL`).toEqual([]);
    },
    disasters: {
      'its storage host vanishes': async (world) => {
        for (const host of world.cloud.hosts.values()) host.vanish();
      },
    },
  });
});
