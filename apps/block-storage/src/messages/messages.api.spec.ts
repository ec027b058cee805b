import { ensureSnapshots, ensureVolumeSize } from '@virga/contracts-block-storage';
import { days } from '@virga/kernel';
import { demoProject } from '@virga/testing';
import { useBlockStorageWorld } from '../testing/index.js';
import { VolumeExtension, VolumesRepository } from '../volumes/index.js';

interface MessageView { id: string; resource_uuid: string; event_id: string; user_message: string }
const admin = { as: 'admin' };

describe('messages', () => {
  const world = useBlockStorageWorld();

  const list = async (query = '', { as = 'alice', version = '3.70' } = {}): Promise<MessageView[]> =>
    (await world().api<{ messages: MessageView[] }>('GET', `/messages${query}`, undefined, { as, version })).messages;
  const failedVolume = async (name = 'bogus'): Promise<string> => {
    await world().api('POST', '/types', { volume_type: { name, extra_specs: { vendor_name: 'nobody' } } }, admin);
    const id = await world().availableVolume({ volume_type: name });
    expect(await world().status(id)).toBe('error');
    return id;
  };

  it('tell why a volume could not be placed', async () => {
    const id = await failedVolume();
    const [message, ...more] = await list();
    expect(more).toEqual([]);
    expect(message).toEqual({
      id: expect.any(String), resource_type: 'VOLUME', resource_uuid: id, event_id: 'VOLUME_VOLUME_001_003', message_level: 'ERROR',
      user_message: expect.stringMatching(/^schedule allocate volume:No valid backend was found\. Of 1 backend: 1 without what the volume type asks for\.$/),
      created_at: expect.any(String), guaranteed_until: expect.any(String), request_id: expect.stringMatching(/^req-/), links: expect.any(Array),
    });
    const messageId = message?.id ?? '';
    expect(await world().api('GET', `/messages/${messageId}`)).toEqual({ message });
    expect((await world().try('GET', `/messages/${messageId}`, undefined, { as: 'bob' })).status).toBe(404);
    expect(await list('', { as: 'bob' })).toEqual([]);
    expect(await list('', { as: 'admin' })).toHaveLength(1);
    expect((await world().try('DELETE', `/messages/${messageId}`)).status).toBe(204);
    expect((await world().try('DELETE', `/messages/${messageId}`)).status).toBe(404);
    expect((await world().try('GET', '/messages', undefined, { version: '3.2' })).status).toBe(404);
  });

  it('are filtered, sorted and paged', async () => {
    const ids = [await failedVolume('a'), await failedVolume('b')];
    expect((await list('?sort=resource_uuid:asc')).map((message) => message.resource_uuid)).toEqual([...ids].sort());
    expect(await list(`?resource_uuid=${ids[0]}`)).toHaveLength(1);
    expect(await list('?event_id=VOLUME_VOLUME_001_002')).toEqual([]);
    expect(await list('?event_id~=001_003')).toHaveLength(2);
    expect((await world().try('GET', '/messages?nonsense=1')).status).toBe(400);
    expect((await world().try('GET', '/messages?event_id~=1', undefined, { version: '3.33' })).status).toBe(400);
    expect(await list('?nonsense=1&limit=1', { version: '3.30' })).toHaveLength(1);
    expect(await list('?limit=1', { version: '3.4' })).toHaveLength(2);
    const [first] = await list('?limit=1');
    const rest = await list(`?limit=5&marker=${first?.id}`);
    expect([first, ...rest].map((message) => message?.resource_uuid).sort()).toEqual([...ids].sort());
  });

  it('are forgotten after a while', async () => {
    await failedVolume();
    await world().pass(days(29));
    await world().reconcile('messages');
    expect(await list()).toHaveLength(1);
    await world().pass(days(2));
    await world().reconcile('messages');
    expect(await list()).toEqual([]);
  });

  it('tell of snapshots that could not be taken', async () => {
    const id = await world().availableVolume();
    world().cloud.hosts.get('node-1')?.refusals.set(ensureSnapshots.type, { code: 'driver.disk', message: 'The disk is broken.', isFinal: true });
    const { snapshot } = await world().api<{ snapshot: { id: string } }>('POST', '/snapshots', { snapshot: { volume_id: id } });
    await world().settled();
    expect(await list(`?resource_uuid=${snapshot.id}`)).toMatchObject([
      { resource_type: 'VOLUME_SNAPSHOT', event_id: 'VOLUME_VOLUME_SNAPSHOT_009_013', user_message: 'create snapshot:The disk is broken.' },
    ]);
  });

  it('tell of a backend that failed, in its words', async () => {
    const id = await world().availableVolume({ size: 1 });
    world().cloud.hosts.get('node-1')?.refusals.set(ensureVolumeSize.type, { code: 'driver.disk', message: 'The disk is broken.', isFinal: true });
    const { app } = world().running;
    await world().database.transaction(async (tx) => {
      const volume = await app.get(VolumesRepository).lock(tx, id);
      await app.get(VolumeExtension).start(tx, volume, { sizeGibibytes: 2, mayBeAttached: false }, { requestId: 'req-extend' });
    });
    await world().settled();
    expect(await list(`?resource_uuid=${id}`)).toMatchObject([{ event_id: 'VOLUME_VOLUME_007_010', user_message: 'extend volume:The disk is broken.', request_id: 'req-extend' }]);
    expect(await world().database.sql`SELECT project_id FROM message`).toEqual([{ project_id: demoProject }]);
  });
});
