import { minutes, seconds } from '@virga/kernel';
import { useBlockStorageWorld } from '../../testing/index.js';
import { VolumesOnHosts } from '../volume-on-host.fixture.js';

describe('other backends and types for volumes', () => {
  const world = useBlockStorageWorld();
  const hosts = (): VolumesOnHosts => new VolumesOnHosts(world());

  async function twoHosts(): Promise<void> {
    await world().cloud.addHost('node-2', 'other');
    await world().settled();
  }

  /** A volume on node-1, with something in it. */
  async function writtenVolume(): Promise<string> {
    const id = await world().availableVolume({ availability_zone: 'nova' });
    await hosts().write(id, 'precious');
    await twoHosts();
    return id;
  }

  const migrate = (id: string, host: unknown = 'node-2@file#file', more: object = {}) => world().act(id, { 'os-migrate_volume': { host, ...more } }, { as: 'admin' });
  const retype = (id: string, type: string, policy?: string) => world().act(id, { 'os-retype': { new_type: type, ...(policy !== undefined && { migration_policy: policy }) } });

  it('a volume moves with its bytes, and its old place is empty', async () => {
    const id = await writtenVolume();
    expect((await migrate(id)).status).toBe(202);
    expect(await world().volume(id)).toMatchObject({ status: 'maintenance', migration_status: 'starting', 'os-vol-host-attr:host': 'node-1@file#file' });
    await world().settled();
    expect(await world().volume(id)).toMatchObject({
      status: 'available', migration_status: 'success', 'os-vol-mig-status-attr:migstat': 'success', 'os-vol-host-attr:host': 'node-2@file#file', availability_zone: 'other',
    });
    expect(await world().cloud.volumes()).toEqual([{ id, backend: 'node-2@file', sizeBytes: 1024 ** 3 }]);
    expect(await hosts().read(id, 8, 'node-2')).toBe('precious');
    expect((await migrate(id, 'node-1@file#file')).status).toBe(202);
    await world().settled();
    expect(await hosts().read(id, 8)).toBe('precious');
  });

  it('a volume does not move to nowhere, to where it is, or with snapshots', async () => {
    const id = await writtenVolume();
    for (const host of ['node-3@file#file', 'node-1@file#file', '', null]) expect((await migrate(id, host)).status).toBe(400);
    expect((await migrate(id, null, { cluster: 'cluster' })).status).toBe(400);
    await hosts().snapshot(id);
    expect((await migrate(id)).status).toBe(400);
    expect(await world().volume(id)).toMatchObject({ status: 'available', migration_status: null });
  });

  it('a volume does not move to a host that is dead, or has no room', async () => {
    const id = await writtenVolume();
    await world().database.sql`UPDATE backend SET is_enabled = false WHERE name = 'node-2@file'`;
    expect(await migrate(id)).toMatchObject({ status: 400, body: { badRequest: { message: expect.stringContaining('disabled') } } });
    await world().database.sql`UPDATE backend SET is_enabled = true`;
    world().cloud.host('node-2').vanish();
    await world().pass(minutes(2));
    expect(await migrate(id)).toMatchObject({ status: 400, body: { badRequest: { message: expect.stringContaining('host-down') } } });
  });

  it('a volume stays what it was where the target cannot take it', async () => {
    const id = await writtenVolume();
    world().cloud.host('node-2').refusals.set('block-storage.agent.copy-volume', { code: 'driver.refused', message: 'The disk is full.', isFinal: true });
    await migrate(id);
    await world().settled();
    expect(await world().volume(id)).toMatchObject({ status: 'available', migration_status: 'error', 'os-vol-host-attr:host': 'node-1@file#file' });
    expect(await world().cloud.volumes()).toEqual([{ id, backend: 'node-1@file', sizeBytes: 1024 ** 3 }]);
    expect(await hosts().read(id, 8)).toBe('precious');
    world().cloud.host('node-2').refusals.clear();
    await migrate(id);
    await world().settled();
    expect(await hosts().read(id, 8, 'node-2')).toBe('precious');
  });

  it('a target that dies is given up, and owes what it had', async () => {
    const id = await writtenVolume();
    world().cloud.host('node-2').refusals.set('block-storage.agent.copy-volume', { code: 'driver.unavailable', message: 'Not now.', isFinal: false });
    await migrate(id);
    await world().settled();
    world().cloud.host('node-2').vanish();
    for (let minute = 0; minute < 12; minute++) await world().pass(minutes(1));
    expect(await world().volume(id)).toMatchObject({ status: 'available', migration_status: 'error', 'os-vol-host-attr:host': 'node-1@file#file' });
    world().cloud.host('node-2').refusals.clear();
    await world().cloud.host('node-2').comeBack();
    for (let minute = 0; minute < 5; minute++) await world().pass(minutes(5));
    expect(await world().cloud.volumes()).toEqual([{ id, backend: 'node-1@file', sizeBytes: 1024 ** 3 }]);
    expect(await world().database.sql`SELECT FROM debt WHERE paid_at IS NULL`).toEqual([]);
  });

  it('a source that dies after the move owes the old volume', async () => {
    const id = await writtenVolume();
    world().cloud.host().refusals.set('block-storage.agent.ensure-no-volume', { code: 'driver.unavailable', message: 'Not now.', isFinal: false });
    await migrate(id);
    await world().settled();
    expect(await world().volume(id)).toMatchObject({ status: 'maintenance', 'os-vol-host-attr:host': 'node-2@file#file' });
    world().cloud.host().vanish();
    for (let minute = 0; minute < 8; minute++) await world().pass(minutes(1));
    expect(await world().volume(id)).toMatchObject({ status: 'available', migration_status: 'success' });
    world().cloud.host().refusals.clear();
    await world().cloud.host().comeBack();
    for (let minute = 0; minute < 5; minute++) await world().pass(minutes(5));
    expect(await world().cloud.volumes()).toEqual([{ id, backend: 'node-2@file', sizeBytes: 1024 ** 3 }]);
    expect(await hosts().read(id, 8, 'node-2')).toBe('precious');
  });

  it('our migrations need nobody to complete them', async () => {
    const id = await writtenVolume();
    const other = await world().availableVolume();
    const complete = (newVolume: string) => world().act(id, { 'os-migrate_volume_completion': { new_volume: newVolume } }, { as: 'admin' });
    expect(await complete(other)).toMatchObject({ status: 200, body: { save_volume_id: other } });
    await migrate(id);
    expect((await complete(other)).status).toBe(400);
  });

  it('a volume gets another type where it is, at once', async () => {
    const id = await world().availableVolume();
    await hosts().type('gold');
    const shared = await hosts().type('shared', { multiattach: '<is> True' });
    expect((await retype(id, 'gold')).status).toBe(202);
    expect(await world().volume(id)).toMatchObject({ status: 'available', volume_type: 'gold', migration_status: null, multiattach: false });
    expect((await retype(id, shared, 'never')).status).toBe(202);
    expect(await world().volume(id)).toMatchObject({ volume_type: 'shared', multiattach: true });
    expect((await retype(id, 'shared')).status).toBe(400);
    expect((await retype(id, 'gold', 'on-demand')).status).toBe(202);
    expect(await world().volume(id)).toMatchObject({ multiattach: false });
    expect((await retype(id, 'unknown')).status).toBe(400);
    expect((await retype(id, 'gold', 'sometimes')).status).toBe(400);
  });

  it('a volume gets no type that its project has enough of, or that is for other sizes', async () => {
    const id = await world().availableVolume({ size: 2 });
    await hosts().type('gold');
    await hosts().type('large', { 'provisioning:min_vol_size': '3' });
    await world().limit('gigabytes_gold', 1);
    expect((await retype(id, 'gold')).status).toBe(413);
    expect((await retype(id, 'large')).status).toBe(400);
    await world().limit('gigabytes_gold', 2);
    expect((await retype(id, 'gold')).status).toBe(202);
    expect(await world().volume(id)).toMatchObject({ volume_type: 'gold' });
  });

  it('a volume moves for another type, where that is allowed', async () => {
    const id = await writtenVolume();
    await hosts().type('far', { availability_zone: 'other' });
    expect(await retype(id, 'far')).toMatchObject({ status: 400, body: { badRequest: { message: expect.stringContaining('migration') } } });
    expect((await retype(id, 'far', 'never')).status).toBe(400);
    expect((await retype(id, 'far', 'on-demand')).status).toBe(202);
    expect(await world().volume(id)).toMatchObject({ status: 'retyping', volume_type: '__DEFAULT__' });
    await world().settled();
    expect(await world().volume(id)).toMatchObject({ status: 'available', migration_status: 'success', volume_type: 'far', 'os-vol-host-attr:host': 'node-2@file#file' });
    expect(await hosts().read(id, 8, 'node-2')).toBe('precious');
  });

  it('a volume for whose type there is no backend keeps its own, and says why', async () => {
    const id = await writtenVolume();
    await hosts().type('impossible', { vendor_name: 'Somebody' });
    expect((await retype(id, 'impossible', 'on-demand')).status).toBe(202);
    await world().settled();
    await world().pass(seconds(1));
    expect(await world().volume(id)).toMatchObject({ status: 'available', migration_status: 'error', volume_type: '__DEFAULT__' });
    expect(await world().api('GET', `/x/volumes/${id}/placement-explanation`)).toMatchObject({ explanation: { outcome: 'no-valid-backend' } });
  });

  it('an attached volume keeps what several servers need', async () => {
    const id = await writtenVolume();
    await hosts().type('gold');
    await hosts().type('shared', { multiattach: '<is> True' });
    await world().database.sql`UPDATE volume SET status = 'in-use' WHERE id = ${id}`;
    expect((await retype(id, 'shared')).status).toBe(400);
    expect((await retype(id, 'gold')).status).toBe(202);
    expect(await world().volume(id)).toMatchObject({ status: 'in-use', volume_type: 'gold' });
  });
});
