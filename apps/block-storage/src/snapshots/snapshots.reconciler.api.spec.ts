import { minutes, seconds } from '@virga/kernel';
import { useBlockStorageWorld } from '../testing/index.js';

describe('the reconciler of snapshots', () => {
  const world = useBlockStorageWorld();
  const status = async (id: string): Promise<unknown> => (await world().api<{ snapshot: { status: string } }>('GET', `/snapshots/${id}`)).snapshot.status;
  const onBackend = (): Map<string, unknown> => Reflect.get(world().cloud.host().backend(), 'snapshots') as Map<string, unknown>;

  it('says of a snapshot that is gone from its backend that it is, and of one that is there again what it was', async () => {
    const [id, other] = [await world().availableSnapshot(await world().availableVolume()), await world().availableSnapshot(await world().availableVolume())];
    const kept = onBackend().get(id);
    onBackend().delete(id);
    await world().pass(seconds(30));
    expect(await world().reconcile('snapshots')).toMatchObject({ alarms: 1 });
    expect([await status(id), await status(other)]).toEqual(['error', 'available']);
    expect(await world().try('POST', '/volumes', { volume: { size: 1, snapshot_id: id } })).toMatchObject({ status: 400 });
    await world().settled();
    expect(world().cloud.events.filter(({ type }) => type === 'block-storage.snapshot.changed').at(-1)).toMatchObject({ body: { snapshotId: id, status: 'error' } });

    onBackend().set(id, kept);
    await world().pass(seconds(30));
    await world().reconcile('snapshots');
    expect(await status(id)).toBe('available');
  });

  it('lets one that is gone be deleted', async () => {
    const id = await world().availableSnapshot(await world().availableVolume());
    onBackend().delete(id);
    await world().pass(seconds(30));
    await world().reconcile('snapshots');
    expect((await world().try('DELETE', `/snapshots/${id}`)).status).toBe(202);
    await world().settled();
    expect((await world().try('GET', `/snapshots/${id}`)).status).toBe(404);
  });

  it('leaves snapshots alone whose storage host says nothing', async () => {
    const id = await world().availableSnapshot(await world().availableVolume());
    world().cloud.host().vanish();
    await world().pass(minutes(10));
    await world().reconcile('snapshots');
    expect(await status(id)).toBe('available');
  });
});
