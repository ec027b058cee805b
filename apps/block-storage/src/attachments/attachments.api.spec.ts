import { newId, seconds } from '@virga/kernel';
import { useBlockStorageWorld } from '../testing/index.js';
import { AttachmentsDesk } from './attachments-desk.fixture.js';

describe('attachments of users', () => {
  const world = useBlockStorageWorld();
  const desk = () => new AttachmentsDesk(world());
  const server = newId<'server'>();

  it('reserve a volume, connect it, are completed, and give it back', async () => {
    const volume = await world().availableVolume();
    const reserved = await desk().create({ volume_uuid: volume, instance_uuid: server });
    expect(reserved).toMatchObject({ status: 'reserved', instance: server, volume_id: volume, connection_info: {}, attached_at: '', detached_at: '', attach_mode: 'rw' });
    expect(await world().status(volume)).toBe('reserved');

    const connected = await desk().connect(reserved.id, { host: 'client-1', mountpoint: '/dev/vdb' });
    expect(connected).toMatchObject({
      status: 'attaching',
      connection_info: { driver_volume_type: 'nbd', host: '192.0.2.1', port: 10_809, export: reserved.id, tls: true, access_mode: 'rw', uri: `nbds://192.0.2.1:10809/${reserved.id}` },
    });
    expect(await world().status(volume)).toBe('attaching');
    expect(await desk().exports()).toEqual([{ attachmentId: reserved.id, host: 'client-1', volumeId: volume }]);

    expect((await desk().complete(reserved.id)).status).toBe(204);
    expect(await world().status(volume)).toBe('in-use');
    expect((await world().volume(volume))['attachments']).toEqual([expect.objectContaining({ id: volume, attachment_id: reserved.id, server_id: server, device: '/dev/vdb' })]);
    expect((await desk().show(reserved.id)).attached_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);

    expect(await desk().remove(reserved.id)).toEqual([]);
    expect(await world().status(volume)).toBe('available');
    expect(await desk().exports()).toEqual([]);
    expect((await world().try('GET', `/attachments/${reserved.id}`)).status).toBe(404);
  });

  it('connect at once where they are made with a connector', async () => {
    const volume = await world().availableVolume();
    const made = await desk().create({ volume_uuid: volume, instance_uuid: server, connector: { host: 'node-1', mode: 'ro' } });
    expect(made).toMatchObject({ status: 'attaching', attach_mode: 'ro', connection_info: { transport: 'unix', socket: '/run/sim.nbd', access_mode: 'ro' } });
  });

  it('are only reserved where the connector is empty, as older clients send it', async () => {
    const volume = await world().availableVolume();
    expect(await desk().create({ volume_uuid: volume, instance_uuid: server, connector: {} })).toMatchObject({ status: 'reserved' });
    expect(await desk().list()).toHaveLength(1);
  });

  it('do not get a volume that somebody has', async () => {
    const volume = await world().availableVolume();
    await desk().create({ volume_uuid: volume, instance_uuid: server });
    expect(await world().try('POST', '/attachments', { attachment: { volume_uuid: volume, instance_uuid: newId() } })).toMatchObject({
      status: 400, body: { badRequest: { code: 400, message: expect.stringContaining('Invalid volume') } },
    });
    expect(await world().try('POST', '/attachments', { attachment: { volume_uuid: newId(), instance_uuid: server } })).toMatchObject({ status: 404 });
  });

  it('do not get a volume that somebody has although an operator has called it available', async () => {
    const volume = await world().availableVolume();
    const id = await desk().attached(volume, server, 'client-1');
    await world().database.sql`UPDATE volume SET status = 'available' WHERE id = ${volume}`;
    expect(await desk().tryCreate({ volume_uuid: volume, instance_uuid: newId() })).toMatchObject({ status: 400, body: { badRequest: { message: expect.stringContaining('current status is in-use') } } });
    expect((await world().act(volume, { 'os-reserve': null })).status).toBe(400);
    expect((await world().act(volume, { 'os-attach': { instance_uuid: newId(), mountpoint: '/dev/vdb' } })).status).toBe(400);
    await desk().remove(id);
    expect(await world().status(volume)).toBe('available');
  });

  it('of which only one gets a volume that ten want at once', async () => {
    const volume = await world().availableVolume();
    const answers = await Promise.all(Array.from({ length: 10 }, () => world().try('POST', '/attachments', { attachment: { volume_uuid: volume, instance_uuid: newId() } })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 400)]);
    expect(await world().count('attachment')).toBe(1);
  });

  it('share a volume that is made for several', async () => {
    const volume = await world().availableVolume();
    await world().database.sql`UPDATE volume SET is_multiattach = true WHERE id = ${volume}`;
    const [one, other] = [await desk().attached(volume, newId(), 'client-1'), await desk().attached(volume, newId(), 'client-2')];
    expect(await desk().exports()).toHaveLength(2);
    expect((await world().volume(volume))['attachments']).toHaveLength(2);
    expect((await desk().remove(one)).map(({ id }) => id)).toEqual([other]);
    expect(await world().status(volume)).toBe('in-use');
    await desk().remove(other);
    expect(await world().status(volume)).toBe('available');
  });

  it('lead nowhere else than to the host that was named last', async () => {
    const volume = await world().availableVolume();
    const { id } = await desk().create({ volume_uuid: volume, connector: { host: 'client-1' } });
    await desk().connect(id, { host: 'client-2' });
    expect(await desk().exports()).toEqual([{ attachmentId: id, host: 'client-2', volumeId: volume }]);
    await desk().connect(id, { host: 'client-2', mode: 'ro' });
    expect(await desk().show(id)).toMatchObject({ status: 'attaching', attach_mode: 'ro' });
  });

  it('are listed with filters and pages, each project\'s for itself', async () => {
    const volumes = [await world().availableVolume(), await world().availableVolume(), await world().availableVolume()];
    const ids: string[] = [];
    for (const volume of volumes) {
      world().clock.advance(seconds(1));
      ids.push((await desk().create({ volume_uuid: volume, instance_uuid: server })).id);
    }
    await desk().connect(ids[0] as string, { host: 'client-1' });
    expect(await desk().list()).toEqual([...ids].reverse());
    expect(await desk().list(`?volume_id=${volumes[1]}`)).toEqual([ids[1]]);
    expect(await desk().list('?status=attaching')).toEqual([ids[0]]);
    expect(await desk().list('?attach_status=reserved&sort=created_at:asc')).toEqual([ids[1], ids[2]]);
    expect(await desk().list(`?instance_id=${server}&limit=1&marker=${ids[2]}`)).toEqual([ids[1]]);
    expect(await desk().list('?offset=1&limit=1')).toEqual([ids[1]]);
    expect(await desk().list('?volume_id=xxx')).toEqual([]);
    expect(await desk().list('', 'bob')).toEqual([]);
    expect(await desk().list('?all_tenants=1', 'admin')).toHaveLength(3);
    expect(await world().try('GET', `/attachments?marker=${newId()}`)).toMatchObject({ status: 404 });
    const [detail] = (await world().api<{ attachments: { id: string; connection_info: object }[] }>('GET', '/attachments/detail?status=attaching')).attachments;
    expect(detail).toMatchObject({ id: ids[0], connection_info: { driver_volume_type: 'nbd' } });
  });

  it('exist since 3.27, complete since 3.44, and take a mode since 3.54', async () => {
    const volume = await world().availableVolume();
    const body = { attachment: { volume_uuid: volume, instance_uuid: server, mode: 'ro' } };
    expect((await world().try('GET', '/attachments', undefined, { version: '3.26' })).status).toBe(404);
    expect((await world().try('POST', '/attachments', body, { version: '3.53' })).status).toBe(400);
    const made = await world().api<{ attachment: { id: string } }>('POST', '/attachments', body, { version: '3.54' });
    expect((await world().try('POST', `/attachments/${made.attachment.id}/action`, { 'os-complete': null }, { version: '3.43' })).status).toBe(404);
    expect(await desk().show(made.attachment.id)).toMatchObject({ attach_mode: 'ro' });
  });

  it('are not left behind where the storage host refuses', async () => {
    const volume = await world().availableVolume();
    world().cloud.host().refusals.set('block-storage.agent.ensure-export', { code: 'driver.refused', message: 'the simulated store has no room for more hosts', isFinal: true });
    const answer = await desk().tryCreate({ volume_uuid: volume, connector: { host: 'client-1' } });
    expect(answer).toMatchObject({ status: 409, body: { conflictingRequest: { message: 'the simulated store has no room for more hosts' } } });
    expect(await desk().list()).toEqual([]);
    expect(await world().status(volume)).toBe('available');
  });

  it('say why they could not be connected, and can be connected again', async () => {
    const volume = await world().availableVolume();
    const { id } = await desk().create({ volume_uuid: volume });
    const refusals = world().cloud.host().refusals;
    refusals.set('block-storage.agent.ensure-export', { code: 'driver.refused', message: 'not today', isFinal: true });
    expect(await desk().tryConnect(id, { host: 'client-1' })).toMatchObject({ status: 409 });
    expect(await desk().show(id)).toMatchObject({ status: 'error_attaching', connection_info: {}, 'x-virga:fault': { code: 'block-storage.backend.refused', message: 'not today' } });
    expect(await world().status(volume)).toBe('reserved');
    refusals.clear();
    const connected = await desk().connect(id, { host: 'client-1' });
    expect(connected).toMatchObject({ status: 'attaching' });
    expect(connected).not.toHaveProperty('x-virga:fault');
  });

  it('are told honestly that a silent storage host has not connected them yet', async () => {
    const volume = await world().availableVolume();
    const { id } = await desk().create({ volume_uuid: volume });
    world().cloud.host().vanish();
    const answer = await desk().impatiently(() => desk().tryConnect(id, { host: 'client-1' }));
    expect(answer).toMatchObject({ status: 503, body: { serviceUnavailable: { message: expect.stringContaining('has not connected') } } });
    expect(await desk().show(id)).toMatchObject({ status: 'attaching', connection_info: {} });
    await world().cloud.host().comeBack();
    await world().pass(seconds(31));
    expect(await desk().show(id)).toMatchObject({ status: 'attaching', connection_info: { driver_volume_type: 'nbd' } });
  });

  it('may lead to some hosts only, for each costs the storage host a door', async () => {
    const volume = await world().availableVolume();
    await world().database.sql`UPDATE volume SET is_multiattach = true WHERE id = ${volume}`;
    for (let host = 0; host < 16; host++) await desk().create({ volume_uuid: volume, connector: { host: `client-${host}` } });
    expect(await desk().tryCreate({ volume_uuid: volume, connector: { host: 'client-16' } })).toMatchObject({ status: 413 });
    expect(await desk().tryCreate({ volume_uuid: volume, connector: { host: 'client-3' } })).toMatchObject({ status: 200 });
    expect(await desk().tryCreate({ volume_uuid: volume, connector: { host: 'client-16' } }, 'admin')).toMatchObject({ status: 200 });
  });

  it('are refused a connector that names no host', async () => {
    const volume = await world().availableVolume();
    const { id } = await desk().create({ volume_uuid: volume });
    for (const connector of [{}, { host: '' }, { host: 'a/b' }, { ip: '192.0.2.1' }]) {
      expect((await world().try('PUT', `/attachments/${id}`, { attachment: { connector } })).status).toBe(400);
    }
    expect((await world().try('PUT', `/attachments/${id}`, { attachment: {} })).status).toBe(400);
  });

  it('may come away while their volume is being extended', async () => {
    const volume = await world().availableVolume();
    const id = await desk().attached(volume, server, 'client-1');
    await world().database.sql`UPDATE volume SET status = 'extending', previous_status = 'in-use' WHERE id = ${volume}`;
    await desk().remove(id);
    const [row] = await world().database.sql`SELECT status, previous_status FROM volume WHERE id = ${volume}`;
    expect(row).toEqual({ status: 'extending', previous_status: 'available' });
  });

  it('are read-only where the volume is', async () => {
    const volume = await world().availableVolume();
    await world().database.sql`UPDATE volume SET is_read_only = true WHERE id = ${volume}`;
    expect(await desk().create({ volume_uuid: volume, connector: { host: 'client-1', mode: 'rw' } })).toMatchObject({ attach_mode: 'ro', connection_info: { access_mode: 'ro' } });
  });
});
