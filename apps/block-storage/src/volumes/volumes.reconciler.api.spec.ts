import { minutes, seconds, type VolumeId } from '@virga/kernel';
import { useBlockStorageWorld } from '../testing/index.js';

describe('the reconciler of volumes', () => {
  const world = useBlockStorageWorld();

  it('says of a volume that is gone from its backend that it is, and of one that is there again what it was', async () => {
    const id = await world().availableVolume();
    const backend = world().cloud.host().backend();
    const kept = Reflect.get(backend, 'volumes') as Map<string, unknown>;
    const volume = kept.get(id);
    kept.delete(id);
    await world().pass(seconds(30));
    expect(await world().reconcile('volumes')).toMatchObject({ alarms: 1 });
    expect(await world().status(id)).toBe('error');

    kept.set(id, volume);
    await world().pass(seconds(30));
    await world().reconcile('volumes');
    expect(await world().status(id)).toBe('available');
  });

  it('leaves volumes alone whose storage host says nothing', async () => {
    const id = await world().availableVolume();
    world().cloud.host().vanish();
    await world().pass(minutes(10));
    await world().reconcile('volumes');
    expect(await world().status(id)).toBe('available');
  });

  it('ends what nobody is responsible for', async () => {
    const [creating, deleting, extending] = [await world().availableVolume(), await world().availableVolume(), await world().availableVolume()];
    await world().database.sql`UPDATE volume SET status = 'creating' WHERE id = ${creating}`;
    await world().database.sql`UPDATE volume SET status = 'deleting', generation = generation + 1 WHERE id = ${deleting}`;
    await world().database.sql`UPDATE volume SET status = 'extending', growth_gibibytes = 3 WHERE id = ${extending}`;
    expect(await world().reconcile('volumes')).toMatchObject({ alarms: 3 });
    await world().settled();
    expect(await world().status(creating)).toBe('error');
    expect(await world().status(deleting)).toBe('deleted');
    expect(await world().status(extending)).toBe('error_extending');
    expect((await world().cloud.volumes()).map(({ id }) => id as VolumeId).sort()).toEqual([creating, extending].sort());
  });
});
