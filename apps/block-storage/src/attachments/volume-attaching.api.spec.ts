import { newId } from '@virga/kernel';
import { useBlockStorageWorld } from '../testing/index.js';
import { AttachmentsDesk } from './attachments-desk.fixture.js';

describe('the actions that attached volumes before there were attachments', () => {
  const world = useBlockStorageWorld();
  const desk = () => new AttachmentsDesk(world());
  const act = async (volume: string, body: object, as = 'alice'): Promise<number> => (await desk().moving(() => world().act(volume, body, { as }))).status;
  const shown = async (volume: string) => (await world().volume(volume))['attachments'] as Record<string, unknown>[];

  it('note that a server has a volume, and that it has it no more', async () => {
    const [volume, server] = [await world().availableVolume(), newId()];
    expect(await act(volume, { 'os-attach': { instance_uuid: server, mountpoint: '/dev/vdc' } })).toBe(202);
    expect(await world().status(volume)).toBe('in-use');
    expect(await shown(volume)).toEqual([expect.objectContaining({ id: volume, volume_id: volume, server_id: server, device: '/dev/vdc' })]);
    expect(await desk().exports()).toEqual([]);
    expect(await act(volume, { 'os-attach': { instance_uuid: newId(), mountpoint: '/dev/vdc' } })).toBe(400);
    expect(await act(volume, { 'os-attach': { instance_uuid: server, mountpoint: '/dev/vdc' } })).toBe(202);
    expect(await act(volume, { 'os-detach': {} })).toBe(202);
    expect(await world().status(volume)).toBe('available');
    expect(await shown(volume)).toEqual([]);
  });

  it('keep a volume and let it go again', async () => {
    const volume = await world().availableVolume();
    expect(await act(volume, { 'os-reserve': {} })).toBe(202);
    expect(await world().status(volume)).toBe('attaching');
    expect(await act(volume, { 'os-reserve': null })).toBe(400);
    expect(await act(volume, { 'os-unreserve': {} })).toBe(202);
    expect(await world().status(volume)).toBe('available');
    expect(await act(volume, { 'os-unreserve': {} })).toBe(202);
    expect(await act(newId(), { 'os-reserve': {} })).toBe(404);
    expect(await act('xxx', { 'os-detach': {} })).toBe(404);
  });

  it('connect a volume to a host, the whole older way, and leave nothing of it', async () => {
    const [volume, connector] = [await world().availableVolume(), { host: 'client-1', ip: '192.0.2.9' }];
    await act(volume, { 'os-reserve': {} });
    const answer = await desk().moving(() => world().act(volume, { 'os-initialize_connection': { connector } }));
    expect(answer).toMatchObject({ status: 200, body: { connection_info: { driver_volume_type: 'nbd', data: { host: '192.0.2.1', port: 10_809, tls: true, access_mode: 'rw' }, enforce_multipath: false } } });
    expect(await desk().exports()).toMatchObject([{ host: 'client-1', volumeId: volume }]);
    // Asked again, it is answered the same.
    expect((await desk().moving(() => world().act(volume, { 'os-initialize_connection': { connector } }))).body).toEqual(answer.body);

    expect(await act(volume, { 'os-attach': { host_name: 'client-1', mountpoint: '/dev/vdb' } })).toBe(202);
    expect(await world().status(volume)).toBe('in-use');
    expect(await world().count('attachment')).toBe(1);
    expect(await act(volume, { 'os-begin_detaching': {} })).toBe(202);
    expect(await world().status(volume)).toBe('detaching');
    expect(await act(volume, { 'os-terminate_connection': { connector } })).toBe(202);
    await world().settled();
    expect(await desk().exports()).toEqual([]);
    expect(await shown(volume)).toHaveLength(1);
    expect(await act(volume, { 'os-detach': null })).toBe(202);
    expect(await world().status(volume)).toBe('available');
    expect(await world().count('debt')).toBe(0);
  });

  it('take a connection away that nobody has used', async () => {
    const volume = await world().availableVolume();
    await act(volume, { 'os-reserve': {} });
    await desk().moving(() => world().act(volume, { 'os-initialize_connection': { connector: { host: 'client-1' } } }));
    expect(await act(volume, { 'os-terminate_connection': { connector: { host: 'client-1' } } })).toBe(202);
    await world().settled();
    expect(await desk().exports()).toEqual([]);
    expect(await world().status(volume)).toBe('available');
  });

  it('say that a volume is about to be detached, or stays after all', async () => {
    const volume = await world().availableVolume();
    expect(await act(volume, { 'os-begin_detaching': {} })).toBe(400);
    await act(volume, { 'os-attach': { instance_uuid: newId(), mountpoint: '/dev/vdb' } });
    expect(await act(volume, { 'os-begin_detaching': {} })).toBe(202);
    expect(await act(volume, { 'os-roll_detaching': {} })).toBe(202);
    expect(await world().status(volume)).toBe('in-use');
  });

  it('detach by force what an operator has marked as broken', async () => {
    const volume = await world().availableVolume();
    await act(volume, { 'os-attach': { instance_uuid: newId(), mountpoint: '/dev/vdb' } });
    const [attachment] = await shown(volume);
    await world().database.sql`UPDATE volume SET status = 'error' WHERE id = ${volume}`;
    const body = { 'os-force_detach': { connector: null, attachment_id: attachment?.['attachment_id'] } };
    expect(await act(volume, body)).toBe(403);
    expect(await act(volume, body, 'admin')).toBe(202);
    expect(await world().status(volume)).toBe('available');
    expect(await shown(volume)).toEqual([]);
  });

  it('take away the attachment that is named, and need a name where there are several', async () => {
    const volume = await world().availableVolume();
    await world().database.sql`UPDATE volume SET is_multiattach = true WHERE id = ${volume}`;
    for (const host of ['one', 'other']) await act(volume, { 'os-attach': { host_name: host, mountpoint: '/dev/vdb' } });
    expect(await act(volume, { 'os-detach': {} })).toBe(400);
    expect(await act(volume, { 'os-detach': { attachment_id: newId() } })).toBe(404);
    const [one] = await shown(volume);
    expect(await act(volume, { 'os-detach': { attachment_id: one?.['attachment_id'] } })).toBe(202);
    expect(await shown(volume)).toHaveLength(1);
    expect(await world().status(volume)).toBe('in-use');
  });

  it('refuse what makes no sense', async () => {
    const volume = await world().availableVolume();
    expect(await act(volume, { 'os-attach': { mountpoint: '/dev/vdb' } })).toBe(400);
    expect(await act(volume, { 'os-attach': { mountpoint: '/dev/vdb', instance_uuid: newId(), host_name: 'h' } })).toBe(400);
    expect(await act(volume, { 'os-attach': { mountpoint: '/dev/vdb', instance_uuid: newId(), mode: 'rx' } })).toBe(400);
    expect(await act(volume, { 'os-initialize_connection': { connector: {} } })).toBe(400);
    await world().database.sql`UPDATE volume SET is_read_only = true WHERE id = ${volume}`;
    expect(await act(volume, { 'os-attach': { mountpoint: '/dev/vdb', instance_uuid: newId(), mode: 'rw' } })).toBe(400);
    await world().database.sql`UPDATE volume SET status = 'maintenance' WHERE id = ${volume}`;
    expect(await act(volume, { 'os-attach': { mountpoint: '/dev/vdb', instance_uuid: newId() } })).toBe(400);
  });
});
