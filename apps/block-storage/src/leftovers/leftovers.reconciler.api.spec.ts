import { newId, seconds, type SnapshotId, type VolumeId } from '@virga/kernel';
import { useBlockStorageWorld } from '../testing/index.js';

describe('the reconciler of leftovers', () => {
  const world = useBlockStorageWorld();
  const within = () => AbortSignal.timeout(5_000);
  const put = (id: string, generation = 9) => world().cloud.host().backend().ensureVolume({ id: id as VolumeId, generation, sizeBytes: 1024 ** 3, source: { kind: 'empty' } }, within());
  const kept = async () => (await world().cloud.volumes()).map(({ id }) => id);

  it('removes from a backend what belonged to a volume that is deleted, and forgets it', async () => {
    const id = await world().availableVolume();
    await world().api('DELETE', `/volumes/${id}`);
    await world().settled();
    const copy = world().cloud.host().backend();
    // As after an old disk was put back: the tombstone is gone as well.
    (Reflect.get(copy, 'tombstones') as Map<string, number>).clear();
    await put(id);
    await world().pass(seconds(30));
    expect(await kept()).toEqual([id]);

    expect(await world().reconcile('leftovers')).toMatchObject({ defects: 1 });
    await world().settled();
    expect(await kept()).toEqual([]);
    await world().reconcile('leftovers');
    expect(await world().database.sql`SELECT FROM volume_observation`).toEqual([]);
  });

  it('only reports what was never made here', async () => {
    const stranger = newId();
    await put(stranger);
    await world().pass(seconds(30));
    expect(await world().reconcile('leftovers')).toMatchObject({ alarms: 1, corrected: 0 });
    await world().settled();
    expect(await kept()).toEqual([stranger]);
  });

  it('leaves what an operator has taken out of the cloud', async () => {
    const id = await world().availableVolume();
    await world().act(id, { 'os-unmanage': null }, { as: 'admin' });
    await world().settled();
    await world().pass(seconds(30));
    expect(await world().status(id)).toBe('deleted');
    expect(await world().reconcile('leftovers')).toMatchObject({ corrected: 0, alarms: 0 });
    await world().settled();
    expect(await kept()).toEqual([id]);
  });

  it('removes snapshots that are deleted, and leaves those that are not', async () => {
    const volume = await world().availableVolume();
    const take = async () => (await world().api<{ snapshot: { id: string } }>('POST', '/snapshots', { snapshot: { volume_id: volume } })).snapshot.id;
    const [kept, deleted] = [await take(), await take()];
    await world().settled();
    await world().api('DELETE', `/snapshots/${deleted}`);
    await world().settled();
    const backend = world().cloud.host().backend();
    (Reflect.get(backend, 'tombstones') as Map<string, number>).clear();
    await backend.ensureSnapshots([{ id: deleted as SnapshotId, generation: 9, volumeId: volume as VolumeId }], within());
    await world().pass(seconds(30));
    expect(await world().reconcile('leftovers')).toMatchObject({ defects: 1 });
    await world().settled();
    expect((await backend.observe(within())).snapshots.map(({ id }) => id)).toEqual([kept]);
  });

  it('removes the copy of a volume that is elsewhere', async () => {
    const id = await world().availableVolume();
    await world().cloud.addHost('node-2');
    await world().cloud.host('node-2').backend().ensureVolume({ id: id as VolumeId, generation: 1, sizeBytes: 1024 ** 3, source: { kind: 'empty' } }, within());
    await world().pass(seconds(30));
    await world().reconcile('leftovers');
    await world().settled();
    expect(await world().cloud.volumes()).toEqual([expect.objectContaining({ id, backend: 'node-1@file' })]);
  });
});
