import { demoProject } from '@virga/testing';
import { days, hours, minutes, type Duration } from '@virga/kernel';
import { useBlockStorageWorld, type BlockStorageWorld } from '../testing/index.js';

interface Schedule {
  id: string;
  volume_ids: string[];
  is_enabled: boolean;
  next_run_at: string | null;
  last_run_at: string | null;
  last_outcome: { state: string; message: string | null } | null;
}

interface Run {
  id: string;
  state: string;
  message: string | null;
  due_at: string;
  volumes: { volume_id: string; state: string; snapshot_id?: string; message: string | null }[];
  removed: { snapshot_id?: string; state: string; message: string | null }[];
}

interface Snapshot {
  id: string;
  name: string;
  status: string;
  volume_id: string;
  user_id: string;
  created_at: string;
  metadata: Record<string, string>;
}

describe('schedules', () => {
  const world = useBlockStorageWorld();

  async function schedule(volumes: string[], more: object = {}): Promise<Schedule> {
    const body = { schedule: { name: 'nightly', volume_ids: volumes, action: 'snapshot', rule: { every: 1, unit: 'hours' }, keep: 2, ...more } };
    return (await world().api<{ schedule: Schedule }>('POST', '/x/schedules', body)).schedule;
  }

  const shown = async (id: string): Promise<Schedule> => (await world().api<{ schedule: Schedule }>('GET', `/x/schedules/${id}`)).schedule;
  const runs = async (id: string): Promise<Run[]> => (await world().api<{ runs: Run[] }>('GET', `/x/schedules/${id}/runs`)).runs;
  const snapshots = async (): Promise<Snapshot[]> => (await world().api<{ snapshots: Snapshot[] }>('GET', '/snapshots/detail?sort=created_at:asc')).snapshots;
  const messages = async (): Promise<{ resource_uuid: string; user_message: string; event_id: string }[]> => (await world().api<{ messages: [] }>('GET', '/messages')).messages;
  const put = (id: string, body: object) => world().try('PUT', `/x/schedules/${id}`, { schedule: body });

  /** Time passes, and what has become due is done. */
  async function later(by: Duration): Promise<void> {
    await world().pass(by);
    await look();
  }

  async function look(): Promise<void> {
    await world().reconcile('schedules');
    await world().settled();
  }

  it('are what was asked for', async () => {
    const id = await world().availableVolume();
    const made = await schedule([id.toUpperCase(), id], { description: 'every night', rule: { cron: '30 3 * * *' } });
    expect(made).toMatchObject({
      name: 'nightly', description: 'every night', project_id: demoProject, user_id: 'user-alice', volume_ids: [id], action: 'snapshot', rule: { cron: '30 3 * * *' }, keep: 2,
      is_enabled: true, next_run_at: expect.stringMatching(/T03:30:00\.000000$/), last_run_at: null, last_outcome: null, updated_at: null,
    });
    expect(await shown(made.id)).toEqual(made);
    expect(await world().api('GET', `/${demoProject}/x/schedules/${made.id}`)).toEqual({ schedule: made });
    expect(await world().api('GET', '/x/schedules')).toEqual({ schedules: [made] });
    expect(await runs(made.id)).toEqual([]);
  });

  it.each([
    ['no volumes', { volume_ids: [] }], ['too many volumes', { volume_ids: Array.from({ length: 101 }, () => '22222222-2222-4222-8222-222222222222') }], ['nothing to keep', { keep: 0 }],
    ['another action', { action: 'format' }], ['a rule of nothing', { rule: {} }], ['two rules', { rule: { every: 1, unit: 'hours', cron: '* * * * *' } }], ['an empty interval', { rule: { every: 0, unit: 'days' } }],
    ['a cron expression with seconds', { rule: { cron: '0 0 3 * * *' } }], ['a day that never comes', { rule: { cron: '0 3 31 2 *' } }], ['no name', { name: '' }],
  ])('are refused with %s', async (_, wrong) => {
    const answer = await world().try('POST', '/x/schedules', { schedule: { name: 'x', volume_ids: [await world().availableVolume()], action: 'snapshot', rule: { cron: '0 3 * * *' }, keep: 1, ...wrong } });
    expect(answer.status).toBe(400);
    expect(await world().count('schedule')).toBe(0);
  });

  it('are of the project\'s own volumes only', async () => {
    const foreign = await world().availableVolume({}, 'bob');
    const body = { schedule: { name: 'x', volume_ids: [foreign], action: 'snapshot', rule: { cron: '0 3 * * *' }, keep: 1 } };
    expect((await world().try('POST', '/x/schedules', body)).status).toBe(404);
    const own = await schedule([await world().availableVolume()]);
    expect((await put(own.id, { volume_ids: [foreign] })).status).toBe(404);
    expect((await shown(own.id)).volume_ids).toEqual(own.volume_ids);
  });

  it('are no more than the quota allows', async () => {
    await world().limit('schedules', 1);
    const id = await world().availableVolume();
    await schedule([id]);
    const answer = await world().try('POST', '/x/schedules', { schedule: { name: 'x', volume_ids: [id], action: 'snapshot', rule: { cron: '0 3 * * *' }, keep: 1 } });
    expect(answer.status).toBe(413);
    expect(await world().count('schedule')).toBe(1);
  });

  it('are listed by name and volume, page by page, and to administrators of all projects', async () => {
    const [one, other] = [await world().availableVolume(), await world().availableVolume()];
    const names = ['a', 'b', 'c'];
    for (const name of names) await schedule(name === 'b' ? [one, other] : [one], { name });
    const list = async (query: string, as = 'alice') => (await world().api<{ schedules: { name: string; id: string }[] }>('GET', `/x/schedules${query}`, undefined, { as })).schedules;
    const named = async (query: string, as?: string): Promise<string[]> => (await list(query, as)).map(({ name }) => name);
    expect(await named('?sort=name:asc')).toEqual(names);
    expect(await named('?name=b')).toEqual(['b']);
    expect(await named(`?volume_id=${other}`)).toEqual(['b']);
    expect((await named(`?volume_id=${one}`)).sort()).toEqual(names);
    expect(await named('?volume_id=nothing')).toEqual([]);
    const page = await world().api<{ schedules: { id: string }[]; schedules_links: { href: string }[]; count: number }>('GET', '/x/schedules?sort=name:asc&limit=2&with_count=true');
    expect(page).toMatchObject({ schedules: [{ name: 'a' }, { name: 'b' }], count: 3, schedules_links: [{ href: expect.stringContaining(`marker=${page.schedules[1]?.id}`) }] });
    expect(await named(`?sort=name:asc&limit=2&marker=${page.schedules[1]?.id}`)).toEqual(['c']);
    expect(await named('', 'bob')).toEqual([]);
    expect(await named('?all_tenants=1', 'bob')).toEqual([]);
    expect((await named('?all_tenants=1', 'admin')).sort()).toEqual(names);
    expect((await world().try('GET', `/x/schedules?marker=${page.schedules[1]?.id}`, undefined, { as: 'bob' })).status).toBe(404);
  });

  it('take snapshots when they are due, in the name of who made them, and keep the newest', async () => {
    const id = await world().availableVolume();
    const { id: scheduleId, next_run_at: due } = await schedule([id]);
    await look();
    expect(await snapshots()).toEqual([]);
    await later(hours(1));
    const [first] = await snapshots();
    expect(first).toMatchObject({ name: expect.stringMatching(/^nightly \d{4}-\d\d-\d\dT\d\d:\d\dZ$/), status: 'available', volume_id: id, user_id: 'user-alice', metadata: { schedule_id: scheduleId } });
    expect(await shown(scheduleId)).toMatchObject({ last_outcome: { state: 'succeeded', message: null }, last_run_at: due });
    expect(await runs(scheduleId)).toMatchObject([{ state: 'succeeded', due_at: due, volumes: [{ volume_id: id, state: 'made', snapshot_id: first?.id, message: null }], removed: [] }]);

    await look();
    expect(await snapshots()).toHaveLength(1);
    await later(hours(1));
    await later(hours(1));
    const left = await snapshots();
    expect(left).toHaveLength(2);
    expect(left.map((snapshot) => snapshot.id)).not.toContain(first?.id);
    expect((await runs(scheduleId))[0]).toMatchObject({ state: 'succeeded', removed: [{ snapshot_id: first?.id, state: 'removed', message: null }] });
    const { snapshots: kept } = await world().cloud.host('node-1').backend().observe(AbortSignal.timeout(5_000));
    expect(kept.map((snapshot) => snapshot.id as string).sort()).toEqual(left.map((snapshot) => snapshot.id).sort());
  });

  it('never remove what they have not made', async () => {
    const id = await world().availableVolume();
    const { id: scheduleId } = await schedule([id], { keep: 1 });
    const own = await world().api<{ snapshot: Snapshot }>('POST', '/snapshots', { snapshot: { volume_id: id, name: 'mine', metadata: { schedule_id: scheduleId } } });
    await world().settled();
    for (let i = 0; i < 3; i++) await later(hours(1));
    expect((await snapshots()).map((snapshot) => snapshot.name)).toEqual(['mine', expect.stringMatching(/^nightly /)]);
    expect((await snapshots())[0]?.id).toBe(own.snapshot.id);
  });

  it('take the snapshots of one backend by one command, and those of others too', async () => {
    await world().cloud.addHost('node-2');
    await world().settled();
    const volumes = [];
    for (let i = 0; i < 6; i++) volumes.push(await world().availableVolume({ size: i % 2 === 0 ? 1 : 2 }));
    const { id } = await schedule(volumes);
    await later(hours(1));
    expect((await runs(id))[0]?.volumes.map(({ state }) => state)).toEqual(volumes.map(() => 'made'));
    const operations = await world().database.sql<{ params: { snapshots: unknown[] } }>`SELECT params FROM operation WHERE kind = 'snapshot.create'`;
    const backends = await world().database.sql<{ backend: string }>`SELECT DISTINCT backend FROM volume`;
    expect(operations).toHaveLength(backends.length);
    expect(operations.reduce((sum, { params }) => sum + params.snapshots.length, 0)).toBe(volumes.length);
  });

  it('make up for runs that were missed by one', async () => {
    const { id } = await schedule([await world().availableVolume()], { keep: 100 });
    await later(hours(50.5) as Duration);
    expect(await snapshots()).toHaveLength(1);
    await look();
    expect(await snapshots()).toHaveLength(1);
    await later(minutes(30));
    expect(await snapshots()).toHaveLength(2);
    expect(await runs(id)).toHaveLength(2);
  });

  it('run once, however many replicas look at the same time', async () => {
    const { id } = await schedule([await world().availableVolume()]);
    world().clock.advance(hours(1));
    await Promise.all(Array.from({ length: 8 }, () => world().reconcile('schedules')));
    await world().settled();
    expect(await runs(id)).toHaveLength(1);
    expect(await snapshots()).toHaveLength(1);
  });

  it('skip a run while the one before still goes on, and say so', async () => {
    const { id } = await schedule([await world().availableVolume()]);
    world().clock.advance(hours(1));
    await world().reconcile('schedules');
    world().clock.advance(hours(1));
    await world().reconcile('schedules');
    expect(await runs(id)).toMatchObject([{ state: 'skipped', message: 'The previous run was still going on.' }, { state: 'running' }]);
    expect(await shown(id)).toMatchObject({ last_outcome: { state: 'running', message: null } });
    await world().settled();
    await later(hours(1));
    expect((await runs(id)).map(({ state }) => state)).toEqual(['succeeded', 'skipped', expect.any(String)]);
  });

  it('say what a quota did not allow, and go on the next time', async () => {
    const id = await world().availableVolume();
    const { id: scheduleId } = await schedule([id]);
    await world().limit('snapshots', 0);
    await later(hours(1));
    expect(await shown(scheduleId)).toMatchObject({ last_outcome: { state: 'failed', message: expect.stringContaining('SnapshotLimitExceeded') } });
    expect(await snapshots()).toEqual([]);
    expect(await messages()).toMatchObject([{ resource_uuid: id, event_id: 'VOLUME_VOLUME_009_006', user_message: expect.stringContaining('SnapshotLimitExceeded') }]);
    await world().limit('snapshots', 1);
    await later(hours(1));
    expect(await shown(scheduleId)).toMatchObject({ last_outcome: { state: 'succeeded', message: null } });
    expect(await snapshots()).toHaveLength(1);
  });

  it('skip a volume that is busy and take the others', async () => {
    const [busy, free] = [await world().availableVolume(), await world().availableVolume()];
    const { id } = await schedule([busy, free]);
    await world().act(busy, { 'os-reset_status': { status: 'maintenance' } }, { as: 'admin' });
    await later(hours(1));
    expect(await runs(id)).toMatchObject([{
      state: 'partial', message: expect.stringContaining('maintenance'),
      volumes: expect.arrayContaining([
        expect.objectContaining({ volume_id: busy, state: 'skipped', message: expect.stringContaining('maintenance') }), expect.objectContaining({ volume_id: free, state: 'made' }),
      ]),
    }]);
    expect(await messages()).toMatchObject([{ resource_uuid: busy, event_id: 'VOLUME_VOLUME_009_027' }]);
    await world().act(busy, { 'os-reset_status': { status: 'available' } }, { as: 'admin' });
    await later(hours(1));
    expect((await runs(id))[0]).toMatchObject({ state: 'succeeded' });
  });

  it('take snapshots of volumes in use', async () => {
    const id = await world().availableVolume();
    await world().act(id, { 'os-reset_status': { status: 'in-use' } }, { as: 'admin' });
    await schedule([id]);
    await later(hours(1));
    expect(await snapshots()).toMatchObject([{ volume_id: id, status: 'available' }]);
  });

  it('drop volumes that are gone, and are off when none is left', async () => {
    const [gone, given] = [await world().availableVolume(), await world().availableVolume()];
    const { id } = await schedule([gone, given]);
    await world().api('DELETE', `/volumes/${gone}`);
    await world().settled();
    await later(hours(1));
    expect(await shown(id)).toMatchObject({ volume_ids: [given], is_enabled: true, last_outcome: { state: 'partial' } });
    const [snapshot] = await snapshots();

    const { transfer } = await world().api<{ transfer: { id: string; auth_key: string } }>('POST', '/volume-transfers', { transfer: { volume_id: given } });
    await world().api('POST', `/volume-transfers/${transfer.id}/accept`, { accept: { auth_key: transfer.auth_key } }, { as: 'bob' });
    await later(hours(1));
    expect(await shown(id)).toMatchObject({ volume_ids: [], is_enabled: false, next_run_at: null, last_outcome: { state: 'skipped' } });
    expect(await world().try('GET', `/snapshots/${snapshot?.id}`, undefined, { as: 'bob' })).toMatchObject({ status: 200, body: { snapshot: { status: 'available' } } });
  });

  it('say when the storage could not do it, remove what came of it, and go on', async () => {
    const id = await world().availableVolume();
    const { id: scheduleId } = await schedule([id]);
    world().cloud.host('node-1').vanish();
    world().clock.advance(hours(1));
    await look();
    for (let i = 0; i < 20; i++) {
      world().clock.advance(minutes(2));
      await world().settled();
    }
    expect(await runs(scheduleId)).toMatchObject([{ state: 'failed', volumes: [{ volume_id: id, state: 'failed', message: expect.any(String) }] }]);
    expect(await messages()).toMatchObject([{ event_id: 'VOLUME_VOLUME_SNAPSHOT_009_013' }]);
    await world().cloud.host('node-1').comeBack();
    await later(hours(1));
    expect((await runs(scheduleId))[0]).toMatchObject({ state: 'succeeded' });
    expect(await snapshots()).toMatchObject([{ status: 'available' }]);
  });

  it('try again to remove what could not be removed', async () => {
    const id = await world().availableVolume();
    const { id: scheduleId } = await schedule([id], { keep: 1 });
    await later(hours(1));
    const [first] = await snapshots();
    await world().database.sql`UPDATE snapshot SET status = 'backing-up' WHERE id = ${first?.id ?? ''}`;
    await later(hours(1));
    expect(await snapshots()).toHaveLength(2);
    await world().database.sql`UPDATE snapshot SET status = 'error_deleting' WHERE id = ${first?.id ?? ''}`;
    await later(hours(1));
    const left = await snapshots();
    expect(left).toMatchObject([{ status: 'available' }]);
    expect((await runs(scheduleId))[0]?.removed).toHaveLength(2);
  });

  it('count from now when they get another rule, and when they are on again', async () => {
    const id = await world().availableVolume();
    const { id: scheduleId, next_run_at: due } = await schedule([id]);
    await world().pass(minutes(30));
    expect((await put(scheduleId, { name: ' weekly ', keep: 5, description: null })).body).toMatchObject({ schedule: { name: 'weekly', keep: 5, next_run_at: due } });
    expect((await put(scheduleId, { is_enabled: false })).body).toMatchObject({ schedule: { is_enabled: false, next_run_at: null } });
    await later(hours(5));
    expect(await snapshots()).toEqual([]);
    const { body } = await put(scheduleId, { is_enabled: true, rule: { every: 7, unit: 'days' } });
    const now = world().clock.now();
    expect(Date.parse(`${(body as { schedule: Schedule }).schedule.next_run_at}Z`)).toBe(now + days(7));
    await later(days(7));
    expect(await snapshots()).toHaveLength(1);
    expect((await put(scheduleId, {})).status).toBe(400);
    expect((await put(scheduleId, { rule: { cron: 'never' } })).status).toBe(400);
  });

  it('leave what they have made when they are deleted, also in the middle of a run', async () => {
    const id = await world().availableVolume();
    const { id: scheduleId } = await schedule([id]);
    await later(hours(1));
    world().clock.advance(hours(1));
    await world().reconcile('schedules');
    expect((await world().try('DELETE', `/x/schedules/${scheduleId}`)).status).toBe(204);
    await world().settled();
    expect((await world().try('GET', `/x/schedules/${scheduleId}`)).status).toBe(404);
    expect((await world().try('GET', `/x/schedules/${scheduleId}/runs`)).status).toBe(404);
    expect(await snapshots()).toMatchObject([{ status: 'available' }]);
    expect([await world().count('schedule_run'), await world().count('schedule_product')]).toEqual([0, 0]);
    expect(await live(world())).toEqual([]);
  });

  describe('of backups', () => {
    interface Backup {
      id: string;
      status: string;
      volume_id: string;
      user_id: string;
      is_incremental: boolean;
    }

    const backups = async (): Promise<Backup[]> => (await world().api<{ backups: Backup[] }>('GET', '/backups/detail?sort=created_at:asc')).backups;

    it('make whole ones, each by itself, and keep the newest', async () => {
      const [one, other] = [await world().availableVolume(), await world().availableVolume()];
      await world().act(other, { 'os-reset_status': { status: 'in-use' } }, { as: 'admin' });
      const { id } = await schedule([one, other], { action: 'backup', keep: 1 });
      await later(hours(1));
      const first = await backups();
      expect(first.map(({ volume_id }) => volume_id).sort()).toEqual([one, other].sort());
      expect(first.map(({ status, user_id, is_incremental }) => [status, user_id, is_incremental])).toEqual([['available', 'user-alice', false], ['available', 'user-alice', false]]);
      await later(hours(1));
      const second = await backups();
      expect(second).toHaveLength(2);
      expect(second.some((backup) => first.some((before) => before.id === backup.id))).toBe(false);
      expect((await runs(id))[0]).toMatchObject({ state: 'succeeded', volumes: [{ state: 'made', backup_id: expect.any(String) }, { state: 'made' }], removed: [{ state: 'removed', backup_id: expect.any(String) }, { state: 'removed' }] });
      expect(await world().count('schedule_product')).toBe(2);
    });

    it('build on the one before, and begin anew in time for the old ones to go', async () => {
      const { id } = await schedule([await world().availableVolume()], { action: 'incremental-backup', keep: 3 });
      const seen: string[] = [];
      for (let i = 0; i < 7; i++) {
        await later(hours(1));
        seen.push((await backups()).map(({ is_incremental }) => (is_incremental ? 'i' : 'F')).join(''));
      }
      expect(seen).toEqual(['F', 'Fi', 'Fii', 'FiiF', 'FiiFi', 'Fii', 'FiiF']);
      expect((await runs(id)).every(({ state, message }) => state === 'succeeded' && message === null)).toBe(true);
    });

    it('leave alone what somebody\'s own backup builds on', async () => {
      const volume = await world().availableVolume();
      await schedule([volume], { action: 'backup', keep: 1 });
      await later(hours(1));
      const [first] = await backups();
      await world().api('POST', '/backups', { backup: { volume_id: volume, name: 'mine', incremental: true } });
      await world().settled();
      await later(hours(1));
      const left = await backups();
      expect(left).toHaveLength(3);
      expect(left[0]).toMatchObject({ id: first?.id, status: 'available' });
    });

    it('say what a quota did not allow, for each volume', async () => {
      const volumes = [await world().availableVolume(), await world().availableVolume({ size: 5 })];
      await world().limit('backup_gigabytes', 2);
      const { id } = await schedule(volumes, { action: 'backup' });
      await later(hours(1));
      expect(await runs(id)).toMatchObject([{ state: 'partial', message: expect.stringContaining('backup_gigabytes') }]);
      expect(await backups()).toHaveLength(1);
      expect(await messages()).toMatchObject([{ resource_uuid: volumes[1], event_id: 'VOLUME_VOLUME_013_006' }]);
    });
  });

  it('remember the last hundred runs, page by page', async () => {
    const { id } = await schedule([await world().availableVolume()]);
    await world().database.sql`
      INSERT INTO schedule_run (id, schedule_id, action, state, due_at, started_at, finished_at)
      SELECT gen_random_uuid(), ${id}, 'snapshot', 'succeeded', t, t, t FROM generate_series(1, 120) AS n, LATERAL (SELECT now() - interval '9 years' - n * interval '1 day' AS t) AS times`;
    await later(hours(1));
    expect(await world().count('schedule_run')).toBe(100);
    const page = await world().api<{ runs: Run[]; runs_links: unknown[] }>('GET', `/x/schedules/${id}/runs?limit=60`);
    expect(page.runs_links).toHaveLength(1);
    const rest = await world().api<{ runs: Run[]; runs_links?: unknown[] }>('GET', `/x/schedules/${id}/runs?limit=60&marker=${page.runs[59]?.id}`);
    expect(new Set([...page.runs, ...rest.runs].map((run) => run.id)).size).toBe(100);
    expect((await world().try('GET', `/x/schedules/${id}/runs?marker=${id}`)).status).toBe(404);
  });
});

async function live(world: BlockStorageWorld): Promise<string[]> {
  return (await world.database.sql<{ kind: string }>`SELECT kind FROM operation WHERE due_at IS NOT NULL`).map(({ kind }) => kind);
}
