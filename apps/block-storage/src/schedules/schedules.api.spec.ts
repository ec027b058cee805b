import { minutes } from '@virga/kernel';
import { useBlockStorageWorld } from '../testing/index.js';
import { nextDue } from './schedule.js';

describe('snapshot schedules', () => {
  const world = useBlockStorageWorld();
  const path = (volume: string) => `/x/volumes/${volume}/snapshot-schedules`;
  const make = (volume: string, schedule: object) => world().api<{ schedule: { id: string } }>('POST', path(volume), { schedule });
  const names = async () => (await world().api<{ snapshots: { id: string }[] }>('GET', '/snapshots?sort=created_at:asc')).snapshots.map(({ id }) => id);
  const round = async () => {
    await world().reconcile('snapshot-schedules');
    await world().settled();
  };

  it('take snapshots at their times, once each, and keep the newest of their own', async () => {
    const volume = await world().availableVolume();
    const own = await world().availableSnapshot(volume);
    await make(volume, { every_minutes: 60, keep: 2, name: 'hourly' });
    await Promise.all([world().reconcile('snapshot-schedules'), world().reconcile('snapshot-schedules')]);
    await world().settled();
    expect(await names()).toEqual([own, expect.any(String)]);
    await round();
    expect(await names()).toHaveLength(2);
    const [, first] = await names();
    for (let i = 0; i < 2; i++) {
      await world().pass(minutes(60));
      await round();
    }
    await round();
    const left = await names();
    expect(left).toHaveLength(3);
    expect(left).toContain(own);
    expect(left).not.toContain(first);
    expect((await world().cloud.snapshots())).toEqual([...left].sort());
  });

  it('say why a snapshot could not be taken, and keep what there is', async () => {
    const volume = await world().availableVolume();
    await make(volume, { every_minutes: 60, keep: 1 });
    await round();
    await world().limit('snapshots', 1);
    await world().pass(minutes(60));
    await round();
    expect(await names()).toHaveLength(1);
    expect(await world().api('GET', path(volume))).toMatchObject({ schedules: [{ last_fault: { code: 'block-storage.quota.snapshots' } }] });
  });

  it('end when they are deleted, and their snapshots stay', async () => {
    const volume = await world().availableVolume();
    const { schedule } = await make(volume, { every_minutes: 60, keep: 1 });
    await round();
    expect((await world().try('DELETE', `${path(volume)}/${schedule.id}`)).status).toBe(204);
    expect((await world().try('DELETE', `${path(volume)}/${schedule.id}`)).status).toBe(404);
    await world().pass(minutes(120));
    await round();
    expect(await names()).toHaveLength(1);
    expect((await world().try('POST', path(volume), { schedule: { every_minutes: 1, keep: 1 } })).status).toBe(400);
  });

  it('do not make up for what was missed', () => {
    const at = (minute: number) => new Date(minute * 60_000);
    expect(nextDue({ nextAt: at(10), everyMinutes: 10 }, at(10).getTime())).toEqual(at(20));
    expect(nextDue({ nextAt: at(10), everyMinutes: 10 }, at(57).getTime())).toEqual(at(60));
  });
});
