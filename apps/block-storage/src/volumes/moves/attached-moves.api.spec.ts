import { connectAttachments, listAttachedServers, releaseAttachments, releaseVolumes, reserveAttachment } from '@virga/contracts-block-storage';
import { minutes, newId } from '@virga/kernel';
import { demoProject } from '@virga/testing';
import { AFTERWARDS, GUESTS_HOST, useBlockStorageWorld } from '../../testing/index.js';
import { VolumesOnHosts } from '../volume-on-host.fixture.js';
import { readAsGuest, usedVolume, type UsedVolume } from './used-volume.fixture.js';

describe('moves of volumes that servers use', () => {
  const world = useBlockStorageWorld();
  const hosts = (): VolumesOnHosts => new VolumesOnHosts(world());
  const compute = () => world().cloud.compute;
  const migrate = (id: string, host = 'node-2@file#file') => world().act(id, { 'os-migrate_volume': { host, force_host_copy: true, lock_volume: true } }, { as: 'admin' });
  const retype = (id: string, type: string, policy = 'on-demand') => world().act(id, { 'os-retype': { new_type: type, migration_policy: policy } });
  const attachments = () => world().api<{ attachments: { id: string; status: string }[] }>('GET', '/attachments').then((body) => body.attachments);
  const precious = (id: string, host: string) => readAsGuest(world(), id, { offset: 4096, length: 8 }, host);
  const written = (id: string, host: string) => readAsGuest(world(), id, { offset: AFTERWARDS.offset, length: AFTERWARDS.text.length }, host);
  const expectStayed = async ({ id, serverId }: UsedVolume): Promise<void> => {
    expect(await world().volume(id)).toMatchObject({ status: 'in-use', migration_status: 'error', 'os-vol-host-attr:host': 'node-1@file#file', attachments: [{ server_id: serverId }] });
    expect(await world().cloud.volumes()).toEqual([{ id, backend: 'node-1@file', sizeBytes: 1024 ** 3 }]);
    expect(await precious(id, 'node-1')).toBe('precious');
    expect(await world().database.sql`SELECT FROM debt WHERE paid_at IS NULL`).toEqual([]);
  };

  it('a guest goes on with its volume where that has moved, and its user sees the same volume at the same place', async () => {
    const volume = await usedVolume(world());
    const { id, serverId } = volume;
    expect((await migrate(id)).status).toBe(202);
    expect(await world().volume(id)).toMatchObject({ status: 'in-use', migration_status: 'starting' });
    await world().settled();
    expect(await world().volume(id)).toMatchObject({
      status: 'in-use', migration_status: 'success', 'os-vol-host-attr:host': 'node-2@file#file', availability_zone: 'other',
      attachments: [{ server_id: serverId, volume_id: id, device: '/dev/vdb' }],
    });
    expect(await attachments()).toMatchObject([{ status: 'attached' }]);
    expect(await precious(id, 'node-2')).toBe('precious');
    expect(await written(id, 'node-2')).toBe(AFTERWARDS.text);
    expect(await world().cloud.volumes()).toEqual([{ id, backend: 'node-2@file', sizeBytes: 1024 ** 3 }]);
    expect(compute().busyWith).toBe(0);
  });

  it('a volume that has moved in use moves again, is detached and goes', async () => {
    const { id } = await usedVolume(world());
    await migrate(id);
    await world().settled();
    expect((await migrate(id, 'node-1@file#file')).status).toBe(202);
    await world().settled();
    expect(await world().volume(id)).toMatchObject({ status: 'in-use', 'os-vol-host-attr:host': 'node-1@file#file' });
    expect(await written(id, 'node-1')).toBe(AFTERWARDS.text);
    await world().ask(releaseAttachments, { attachmentIds: (await attachments()).map((one) => one.id) });
    await world().settled();
    expect(await world().volume(id)).toMatchObject({ status: 'available', attachments: [] });
    await world().api('DELETE', `/volumes/${id}`);
    await world().settled();
    expect(await world().cloud.volumes()).toEqual([]);
  });

  it('a volume in use gets another type for which it has to move', async () => {
    const { id } = await usedVolume(world());
    await hosts().type('far', { availability_zone: 'other' });
    expect((await retype(id, 'far', 'never')).status).toBe(400);
    expect((await retype(id, 'far')).status).toBe(202);
    expect(await world().volume(id)).toMatchObject({ status: 'retyping', volume_type: '__DEFAULT__' });
    await world().settled();
    expect(await world().volume(id)).toMatchObject({ status: 'in-use', migration_status: 'success', volume_type: 'far', 'os-vol-host-attr:host': 'node-2@file#file' });
    expect(await precious(id, 'node-2')).toBe('precious');
  });

  it('what a guest cannot go on with now does not begin to move, and its user is told why', async () => {
    const { id } = await usedVolume(world());
    compute().refusal = "Cannot 'swap_volume' instance x while it is in vm_state stopped";
    expect(await migrate(id)).toMatchObject({ status: 400, body: { badRequest: { message: expect.stringContaining('vm_state stopped') } } });
    await hosts().type('far', { availability_zone: 'other' });
    expect((await retype(id, 'far')).status).toBe(400);
    expect(await world().volume(id)).toMatchObject({ status: 'in-use', migration_status: null, volume_type: '__DEFAULT__' });
  });

  it('a volume with snapshots, of several servers, of a host, for reading, or being copied stays', async () => {
    const { id } = await usedVolume(world());
    const snapshot = await hosts().snapshot(id);
    expect((await migrate(id)).status).toBe(400);
    await world().database.sql`DELETE FROM snapshot WHERE id = ${snapshot}`;
    await world().database.sql`UPDATE attachment SET owner = 'user'`;
    expect((await migrate(id)).status).toBe(400);
    await world().database.sql`UPDATE attachment SET owner = 'compute', mode = 'ro'`;
    expect((await migrate(id)).status).toBe(400);
    await world().database.sql`UPDATE attachment SET mode = 'rw'`;
    await world().createVolume({ source_volid: id });
    expect((await migrate(id)).status).toBe(400);
    await world().settled();
    await world().database.sql`
      INSERT INTO attachment (id, volume_id, project_id, user_id, server_id, owner, state)
      SELECT gen_random_uuid(), volume_id, project_id, user_id, gen_random_uuid(), owner, state FROM attachment`;
    expect((await migrate(id)).status).toBe(400);
    expect(await world().volume(id)).toMatchObject({ status: 'in-use', migration_status: null });
  });

  it('while it moves nothing else is done to a volume', async () => {
    const { id } = await usedVolume(world());
    await migrate(id);
    const refused = await Promise.all([
      migrate(id), world().act(id, { 'os-extend': { new_size: 2 } }), world().try('POST', '/snapshots', { snapshot: { volume_id: id, force: true } }),
      world().try('POST', '/volumes', { volume: { size: 1, source_volid: id } }), world().try('POST', '/backups', { backup: { volume_id: id, force: true } }),
      world().try('DELETE', `/volumes/${id}`),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 400]);
    await world().settled();
    expect(await world().volume(id)).toMatchObject({ migration_status: 'success' });
  });

  it('a volume stays where its guest could not go on with the copy', async () => {
    const volume = await usedVolume(world());
    compute().cannotCopy = true;
    await migrate(volume.id);
    await world().settled();
    await expectStayed(volume);
    compute().cannotCopy = false;
    await migrate(volume.id);
    await world().settled();
    expect(await precious(volume.id, 'node-2')).toBe('precious');
  });

  it('a volume stays where the target cannot take it', async () => {
    const volume = await usedVolume(world());
    world().cloud.host('node-2').refusals.set('block-storage.agent.ensure-volume', { code: 'driver.refused', message: 'The disk is full.', isFinal: true });
    await migrate(volume.id);
    await world().settled();
    await expectStayed(volume);
  });

  it('a server that goes while its volume moves leaves it whole, and whatever goes with it goes', async () => {
    const volume = await usedVolume(world());
    // It would connect the copy, and gets no further.
    world().cloud.host('node-2').refusals.set('block-storage.agent.ensure-export', { code: 'driver.unavailable', message: 'Not now.', isFinal: false });
    await migrate(volume.id);
    await world().settled();
    expect(await world().volume(volume.id)).toMatchObject({ migration_status: 'migrating' });
    world().cloud.host('node-2').refusals.clear();
    await compute().deleteServer(volume.serverId, [volume.attachmentId]);
    await expect(world().ask(reserveAttachment, { projectId: demoProject, isAdmin: false, userId: 'alice', attachmentId: newId(), volumeId: volume.id, serverId: newId() })).rejects.toThrow('migrated');
    await expect(world().ask(releaseVolumes, { volumeIds: [volume.id] })).rejects.toThrow('migrated');
    for (let i = 0; i < 5; i++) await world().pass(minutes(1));
    expect(await world().volume(volume.id)).toMatchObject({ status: 'available', migration_status: 'error', 'os-vol-host-attr:host': 'node-1@file#file' });
    expect(await world().cloud.volumes()).toEqual([{ id: volume.id, backend: 'node-1@file', sizeBytes: 1024 ** 3 }]);
    await world().ask(releaseVolumes, { volumeIds: [volume.id] });
    await world().settled();
    expect(await world().cloud.volumes()).toEqual([]);
  });

  it('compute does not hear of what it is not to take yet', async () => {
    const volume = await usedVolume(world());
    await migrate(volume.id);
    compute().isGone = true;
    await world().settled();
    const listed = await world().ask(listAttachedServers, { afterServerId: null, limit: 10 });
    expect(listed.servers).toEqual([{ serverId: volume.serverId, attachmentIds: [volume.attachmentId] }]);
    compute().isGone = false;
    await world().pass(minutes(1));
    expect(await world().volume(volume.id)).toMatchObject({ migration_status: 'success' });
  });

  it('a source that dies after the move owes the volume, and the volume is free for others', async () => {
    const volume = await usedVolume(world());
    world().cloud.host().refusals.set('block-storage.agent.ensure-no-export', { code: 'driver.unavailable', message: 'Not now.', isFinal: false });
    await migrate(volume.id);
    await world().settled();
    expect(await world().volume(volume.id)).toMatchObject({ status: 'in-use', migration_status: 'completing', 'os-vol-host-attr:host': 'node-2@file#file' });
    world().cloud.host().vanish();
    for (let minute = 0; minute < 12; minute++) await world().pass(minutes(1));
    expect(await world().volume(volume.id)).toMatchObject({ status: 'in-use', migration_status: 'success' });
    const shown = await attachments();
    expect(shown).toHaveLength(1);
    await world().ask(releaseAttachments, { attachmentIds: shown.map(({ id }) => id) });
    await world().settled();
    const attachmentId = newId();
    await world().ask(reserveAttachment, { projectId: demoProject, isAdmin: false, userId: 'alice', attachmentId, volumeId: volume.id, serverId: newId() });
    await world().ask(connectAttachments, { host: GUESTS_HOST, attachments: [{ id: attachmentId, device: '/dev/vdb' }] });
    await world().settled();
    world().cloud.host().refusals.clear();
    await world().cloud.host().comeBack();
    for (let minute = 0; minute < 5; minute++) await world().pass(minutes(5));
    expect(await world().cloud.volumes()).toEqual([{ id: volume.id, backend: 'node-2@file', sizeBytes: 1024 ** 3 }]);
    expect(await world().database.sql`SELECT FROM debt WHERE paid_at IS NULL`).toEqual([]);
  });
});
