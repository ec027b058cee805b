import { survival } from '@virga/operations/harness';
import { SurvivalWorld, useBlockStorageDatabase } from '../../testing/index.js';
import { aBackup } from '../backups.scenes.js';
import { CreateBackup } from './create-backup.operation.js';
import { DeleteBackup } from './delete-backup.operation.js';
import { RestoreBackup } from './restore-backup.operation.js';

const disasters = {
  'its storage host vanishes': async (world: SurvivalWorld) => {
    for (const host of world.cloud.hosts.values()) host.vanish();
  },
};

const backup = async (world: SurvivalWorld, id: string) => (await world.api<{ backup: { status: string } }>('GET', `/backups/${id}`)).backup;
const onlyVolume = async (world: SurvivalWorld) => (await world.api<{ volumes: { id: string; status: string }[] }>('GET', '/volumes/detail')).volumes[0];

describe('operations of backups', () => {
  const database = useBlockStorageDatabase();
  const itSurvives = survival(() => SurvivalWorld.open(database));

  itSurvives(CreateBackup, {
    given: async (world) => {
      const volumeId = await world.availableVolume();
      return (await world.api<{ backup: { id: string } }>('POST', '/backups', { backup: { volume_id: volumeId } })).backup.id;
    },
    whenItCompletes: async (world, id) => {
      expect(await backup(world, id)).toMatchObject({ status: 'available', object_count: 1 });
      expect((await onlyVolume(world))?.status).toBe('available');
    },
    whenItFails: async (world, id) => {
      expect(await backup(world, id)).toMatchObject({ status: 'error', fail_reason: expect.any(String) });
      expect((await onlyVolume(world))?.status).toBe('available');
    },
    disasters,
  });

  itSurvives(DeleteBackup, {
    given: async (world) => {
      const id = await aBackup(world);
      await world.api('DELETE', `/backups/${id}`);
      return id;
    },
    whenItCompletes: async (world, id) => expect((await world.try('GET', `/backups/${id}`)).status).toBe(404),
    whenItFails: async (world, id) => expect(await backup(world, id)).toMatchObject({ status: 'error_deleting', fail_reason: expect.any(String) }),
    disasters,
  });

  itSurvives(RestoreBackup, {
    given: async (world) => {
      const id = await aBackup(world);
      await world.api('POST', `/backups/${id}/restore`, { restore: { volume_id: (await onlyVolume(world))?.id } });
      return id;
    },
    whenItCompletes: async (world, id) => {
      expect((await backup(world, id)).status).toBe('available');
      expect((await onlyVolume(world))?.status).toBe('available');
    },
    whenItFails: async (world, id) => {
      expect((await backup(world, id)).status).toBe('available');
      expect((await onlyVolume(world))?.status).toBe('error_restoring');
    },
    disasters,
  });
});
