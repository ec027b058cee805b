import { hours } from '@virga/kernel';
import { survival } from '@virga/operations/harness';
import { SurvivalWorld, useBlockStorageDatabase } from '../../testing/index.js';
import { ScheduleProductsRepository } from '../schedule-products.repository.js';
import type { ScheduleId } from '../schedule.js';
import { RunSchedule } from './run-schedule.operation.js';

interface Subject {
  id: string;
  volumes: string[];
}

const disasters = {
  'its storage hosts vanish': async (world: SurvivalWorld) => {
    for (const host of world.cloud.hosts.values()) host.vanish();
  },
  'a volume is deleted': async (world: SurvivalWorld, { volumes }: Subject) => {
    await world.try('DELETE', `/volumes/${volumes[0]}?cascade=true`);
  },
  'the schedule is deleted': async (world: SurvivalWorld, { id }: Subject) => {
    await world.try('DELETE', `/x/schedules/${id}`);
  },
};

describe('operations of schedules', () => {
  const database = useBlockStorageDatabase();
  const itSurvives = survival(() => SurvivalWorld.open(database));

  itSurvives(RunSchedule, { given: aRun, whenItCompletes: expectOneEach, whenItFails: expectFailure, disasters });
});

/**
 * A schedule that keeps one snapshot, has it, and is about to take the next. It is of one volume: with several, the operations that it waits
 * for would end in any order, and no two runs would make the same commits.
 */
async function aRun(world: SurvivalWorld): Promise<Subject> {
  const volumes = [await world.availableVolume()];
  const body = { schedule: { name: 'hourly', volume_ids: volumes, action: 'snapshot', rule: { every: 1, unit: 'hours' }, keep: 1 } };
  const { schedule: { id } } = await world.api<{ schedule: { id: ScheduleId } }>('POST', '/x/schedules', body);
  for (const volumeId of volumes) await earlierProduct(world, id, volumeId);
  await world.pass(hours(1));
  await world.reconcile('schedules');
  return { id, volumes };
}

async function earlierProduct(world: SurvivalWorld, scheduleId: ScheduleId, volumeId: string): Promise<void> {
  const { snapshot } = await world.api<{ snapshot: { id: string } }>('POST', '/snapshots', { snapshot: { volume_id: volumeId, name: 'earlier' } });
  await world.settled();
  const product = { id: snapshot.id, scheduleId, volumeId, kind: 'snapshot' as const, isIncremental: false, createdAt: new Date(world.clock.now()) };
  await world.database.transaction((tx) => new ScheduleProductsRepository().insert(tx, [product]));
}

async function expectOneEach(world: SurvivalWorld, { id, volumes }: Subject): Promise<void> {
  const found = await living(world);
  expect(found.map(({ volume_id }) => volume_id).sort()).toEqual([...volumes].sort());
  expect(found.map(({ status, name }) => [status, name.split(' ')[0]])).toEqual([['available', 'hourly']]);
  expect(await runs(world, id)).toMatchObject([
    { state: 'succeeded', volumes: [{ state: 'made' }], removed: [{ state: 'removed' }] },
  ]);
}

/** The run says so, and the next one knows all that was made: it keeps the newest of each, and nothing else. */
async function expectFailure(world: SurvivalWorld, { id, volumes }: Subject): Promise<void> {
  expect(await runs(world, id)).toMatchObject([{ state: 'failed', message: 'The harness made this step fail.' }]);
  const products = await world.database.sql<{ id: string }>`SELECT id FROM schedule_product`;
  const known = new Set(products.map((product) => product.id));
  const found = await living(world);
  expect(found.filter((snapshot) => !known.has(snapshot.id))).toEqual([]);
  expect(new Set(found.map(({ volume_id }) => volume_id))).toEqual(new Set(volumes));
}

async function living(world: SurvivalWorld): Promise<{ id: string; volume_id: string; status: string; name: string }[]> {
  return world.database.sql`SELECT id, volume_id, status, name FROM snapshot WHERE deleted_at IS NULL`;
}

async function runs(world: SurvivalWorld, id: string): Promise<{ state: string }[]> {
  return (await world.api<{ runs: { state: string }[] }>('GET', `/x/schedules/${id}/runs`)).runs;
}
