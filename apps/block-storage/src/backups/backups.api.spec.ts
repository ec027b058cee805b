import { removeBackup, restoreBackup, writeBackup } from '@virga/contracts-block-storage';
import { newId, seconds } from '@virga/kernel';
import { demoProject } from '@virga/testing';
import { useBlockStorageWorld } from '../testing/index.js';
import { aBackup } from './backups.scenes.js';
import { PointsRepository } from './points.repository.js';

interface Shown {
  id: string;
  status: string;
  is_incremental: boolean;
  has_dependent_backups: boolean;
  object_count: number;
  container: string;
  fail_reason: string | null;
}

describe('backups', () => {
  const world = useBlockStorageWorld();
  const backup = async (id: string) => (await world().api<{ backup: Shown }>('GET', `/backups/${id}`)).backup;
  const host = () => {
    const [first] = world().cloud.hosts.values();
    if (first === undefined) throw new Error('There is no storage host.');
    return first;
  };
  const task = (id: string) => host().tasks.get(id);
  const points = async () => (await world().database.sql<{ id: string }>`SELECT id FROM backup_point WHERE is_wanted`).map(({ id }) => id);

  it('are made of what a volume holds at one moment, in its project\'s account', async () => {
    const volumeId = await world().availableVolume();
    const made = await world().try('POST', '/backups', { backup: { volume_id: volumeId, name: 'safe' } });
    expect(made).toMatchObject({ status: 202, body: { backup: { name: 'safe', id: expect.any(String) } } });
    const { id } = (made.body as { backup: { id: string } }).backup;
    expect([(await backup(id)).status, await world().status(volumeId)]).toEqual(['creating', 'backing-up']);
    await world().settled();
    expect(await backup(id)).toMatchObject({ status: 'available', is_incremental: false, object_count: 1, container: 'volumebackups', fail_reason: null });
    expect(await world().status(volumeId)).toBe('available');
    expect(task(id)).toMatchObject({
      type: writeBackup.type,
      body: { since: null, parent: null, place: { kind: 'objects', containerUrl: `http://objects.test:8080/v1/AUTH_${demoProject}/volumebackups`, prefix: expect.stringContaining(id) } },
    });
    expect((await host().backend().observe(AbortSignal.timeout(5_000))).snapshots.map((snapshot) => snapshot.id)).toEqual(await points());
  });

  it('have points that are nobody else\'s leftovers', async () => {
    await aBackup(world());
    expect(await world().reconcile('leftovers')).toMatchObject({ alarms: 0, corrected: 0 });
    expect((await host().backend().observe(AbortSignal.timeout(5_000))).snapshots).toHaveLength(1);
  });

  it('show users no snapshot that was made for them, and count none', async () => {
    await aBackup(world());
    expect(await world().count('snapshot')).toBe(0);
  });

  it('hold, as incremental ones, what changed since the newest, and give up the point of that one', async () => {
    const volumeId = await world().availableVolume();
    const first = await aBackup(world(), { volume_id: volumeId });
    const [firstPoint] = await points();
    const second = await aBackup(world(), { volume_id: volumeId, incremental: true });
    expect(task(second)?.body).toMatchObject({ since: firstPoint, parent: { backupId: first } });
    expect(await backup(second)).toMatchObject({ is_incremental: true, has_dependent_backups: false });
    expect((await backup(first)).has_dependent_backups).toBe(true);
    expect(await points()).not.toContain(firstPoint);
    await world().reconcile('backup-points');
    await world().settled();
    await world().reconcile('backup-points');
    expect((await host().backend().observe(AbortSignal.timeout(5_000))).snapshots.map(({ id }) => id)).toEqual(await points());
    expect(await world().count('backup_point')).toBe(1);
  });

  it('are full where an incremental one has nothing to build on any more, and say so', async () => {
    const volumeId = await world().availableVolume();
    await aBackup(world(), { volume_id: volumeId });
    const { running, database } = world();
    await database.transaction((tx) => running.app.get(PointsRepository).unwant(tx, volumeId));
    const id = await aBackup(world(), { volume_id: volumeId, incremental: true });
    expect((await backup(id)).is_incremental).toBe(false);
    const { messages } = await world().api<{ messages: { resource_uuid: string; user_message: string }[] }>('GET', '/messages');
    expect(messages).toEqual([expect.objectContaining({ resource_uuid: id, user_message: expect.stringContaining('full one') })]);
  });

  it('refuse what cannot be backed up', async () => {
    const volumeId = await world().availableVolume();
    const create = (body: object) => world().try('POST', '/backups', { backup: { volume_id: volumeId, ...body } });
    expect((await create({ incremental: true })).status).toBe(400);
    expect((await create({ container: 'a/b' })).status).toBe(400);
    expect((await create({ snapshot_id: volumeId })).status).toBe(404);
    expect((await world().try('POST', '/backups', { backup: { volume_id: volumeId } }, { as: 'bob' })).status).toBe(404);
    await world().database.sql`UPDATE volume SET status = 'in-use' WHERE id = ${volumeId}`;
    expect((await create({})).status).toBe(400);
    expect((await create({ force: true })).status).toBe(202);
    await world().limit('backups', 1);
    expect((await create({ force: true })).status).toBe(400);
    await world().settled();
    expect(await create({ force: true })).toMatchObject({ status: 413, body: { overLimit: { message: expect.stringContaining('BackupLimitExceeded') } } });
  });

  it('cannot be deleted while others depend on them', async () => {
    const volumeId = await world().availableVolume();
    const first = await aBackup(world(), { volume_id: volumeId });
    const second = await aBackup(world(), { volume_id: volumeId, incremental: true });
    expect((await world().try('DELETE', `/backups/${first}`)).status).toBe(400);
    for (const id of [second, first]) {
      expect((await world().try('DELETE', `/backups/${id}`)).status).toBe(202);
      await world().settled();
      expect((await world().try('GET', `/backups/${id}`)).status).toBe(404);
      expect(task(id)?.type).toBe(removeBackup.type);
    }
  });

  it('are restored to a volume that is made for it, which nobody can use before', async () => {
    const id = await aBackup(world());
    const { restore } = await world().api<{ restore: { volume_id: string } }>('POST', `/backups/${id}/restore`, { restore: { name: 'again' } });
    expect([await world().status(restore.volume_id), (await backup(id)).status]).toEqual(['creating', 'restoring']);
    await world().settled();
    await world().pass(seconds(2));
    expect(await world().volume(restore.volume_id)).toMatchObject({ status: 'available', name: 'again', size: 1 });
    expect((await backup(id)).status).toBe('available');
    expect(task(id)).toMatchObject({ type: restoreBackup.type, body: { volumeId: restore.volume_id, chain: [{ backupId: id }] } });
  });

  it('are restored over a volume that is large enough and not in use', async () => {
    const id = await aBackup(world(), { volume_id: await world().availableVolume({ size: 2, metadata: { tier: 'gold' } }) });
    const small = await world().availableVolume();
    const large = await world().availableVolume({ size: 3, metadata: { tier: 'lead', since: 'today' } });
    expect((await world().try('POST', `/backups/${id}/restore`, { restore: { volume_id: small } })).status).toBe(400);
    expect((await world().try('POST', `/backups/${id}/restore`, { restore: { volume_id: large } })).status).toBe(202);
    expect(await world().status(large)).toBe('restoring-backup');
    await world().settled();
    expect(await world().volume(large)).toMatchObject({ status: 'available', metadata: { tier: 'gold' } });
    expect((await world().volume(large)).metadata).not.toHaveProperty('since');
  });

  it('are what a volume is made from', async () => {
    const id = await aBackup(world(), { volume_id: await world().availableVolume({ metadata: { tier: 'gold', since: 'today' } }) });
    const volumeId = await world().createVolume({ size: undefined, backup_id: id, metadata: { tier: 'silver' } });
    await world().settled();
    await world().pass(seconds(2));
    expect(await world().volume(volumeId)).toMatchObject({ status: 'available', size: 1, metadata: { tier: 'silver', since: 'today' } });
    expect(task(id)).toMatchObject({ type: restoreBackup.type, body: { volumeId } });
    expect((await world().try('POST', '/volumes', { volume: { backup_id: volumeId } })).status).toBe(404);
  });

  it('leave a volume in error that is half restored, and say why', async () => {
    const volumeId = await world().availableVolume();
    const id = await aBackup(world(), { volume_id: volumeId });
    host().refusals.set(restoreBackup.type, { code: 'driver.refused', message: 'the backup is damaged', isFinal: true });
    await world().api('POST', `/backups/${id}/restore`, { restore: { volume_id: volumeId } });
    await world().settled();
    expect([await world().status(volumeId), (await backup(id)).status]).toEqual(['error_restoring', 'available']);
    host().refusals.clear();
    await world().api('POST', `/backups/${id}/restore`, { restore: { volume_id: volumeId } });
    await world().settled();
    expect(await world().status(volumeId)).toBe('available');
  });

  it('are listed in pages, sorted, filtered and counted', async () => {
    const volumeId = await world().availableVolume();
    for (const name of ['one', 'two', 'three']) await aBackup(world(), { volume_id: volumeId, name });
    const names = async (query: string, as = 'alice') =>
      (await world().api<{ backups: { name: string }[] }>('GET', `/backups/detail${query}`, undefined, { as })).backups.map(({ name }) => name);
    expect(await names('?sort=name:asc')).toEqual(['one', 'three', 'two']);
    expect(await names('?name=two')).toEqual(['two']);
    expect(await names('?name~=t&sort=name:asc')).toEqual(['three', 'two']);
    expect(await names(`?volume_id=${volumeId}&limit=1&sort=name:desc`)).toEqual(['two']);
    expect(await names('', 'bob')).toEqual([]);
    expect(await names('?all_tenants=1&sort=name', 'admin')).toHaveLength(3);
    expect(await world().api('GET', '/backups?with_count=true&limit=1')).toMatchObject({ count: 3, backups_links: [{ rel: 'next' }] });
    expect((await world().try('GET', '/backups?sort_key=secret')).status).toBe(400);
  });

  it('are known again by the record that was exported of them', async () => {
    const volumeId = await world().availableVolume({ metadata: { tier: 'gold' } });
    await aBackup(world(), { volume_id: volumeId });
    const id = await aBackup(world(), { volume_id: volumeId, incremental: true, name: 'kept' });
    const record = await world().api<{ 'backup-record': object }>('GET', `/backups/${id}/export_record`, undefined, { as: 'admin' });
    expect((await world().try('POST', '/backups/import_record', record, { as: 'admin' })).status).toBe(400);
    await world().database.sql`DELETE FROM backup`;
    expect((await world().try('POST', '/backups/import_record', record, { as: 'admin' })).status).toBe(201);
    // It is whose project imported it, and is read from the account in which it was made.
    expect((await world().try('GET', `/backups/${id}`)).status).toBe(404);
    expect((await world().api<{ backup: Shown }>('GET', `/backups/${id}`, undefined, { as: 'admin' })).backup).toMatchObject({ name: 'kept', status: 'available', is_incremental: true });
    const { restore } = await world().api<{ restore: { volume_id: string } }>('POST', `/backups/${id}/restore`, { restore: {} }, { as: 'admin' });
    await world().settled();
    await world().pass(seconds(2));
    const restored = await world().api<{ volume: object }>('GET', `/volumes/${restore.volume_id}`, undefined, { as: 'admin' });
    expect(restored.volume).toMatchObject({ status: 'available', metadata: { tier: 'gold' } });
    const place = { kind: 'objects', containerUrl: `http://objects.test:8080/v1/AUTH_${demoProject}/volumebackups` };
    expect(task(id)?.body).toMatchObject({ chain: [{ backupId: expect.any(String), place }, { backupId: id, place }] });
    expect((await world().try('POST', '/backups/import_record', { 'backup-record': { ...record['backup-record'], backup_url: 'AAAA' } }, { as: 'admin' })).status).toBe(400);
  });

  it('are imported under another id from a record that says so, and leave their bytes to the one that is deleted last', async () => {
    const id = await aBackup(world());
    const { 'backup-record': record } = await world().api<{ 'backup-record': { backup_service: string; backup_url: string } }>('GET', `/backups/${id}/export_record`, undefined, { as: 'admin' });
    expect(record.backup_service).toMatch(/^cinder\.backup\.drivers\./);
    const twin = newId();
    const text = JSON.stringify({ ...(JSON.parse(Buffer.from(record.backup_url, 'base64').toString()) as object), id: twin });
    const importing = (json: string) => world().try('POST', '/backups/import_record', { 'backup-record': { ...record, backup_url: Buffer.from(json).toString('base64') } }, { as: 'admin' });
    expect((await importing(text.replace(/"prefix":"[^"]*"/, '"prefix":""'))).status).toBe(400);
    const imported = await importing(text);
    expect(imported).toMatchObject({ status: 201, body: { backup: { id: twin } } });
    for (const [gone, told] of [[id, writeBackup.type], [twin, removeBackup.type]] as const) {
      await world().api('DELETE', `/backups/${gone}`, undefined, { as: 'admin' });
      await world().settled();
      expect((await world().try('GET', `/backups/${gone}`, undefined, { as: 'admin' })).status).toBe(404);
      expect((task(gone) ?? task(id))?.type).toBe(told);
    }
  });
});
