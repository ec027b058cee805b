import { hours } from '@virga/kernel';
import { survival } from '@virga/operations/harness';
import { SurvivalWorld, useBlockStorageDatabase } from '../../testing/index.js';
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

  itSurvives(RunSchedule, { given: secondRun, whenItCompletes: expectOneEach, whenItFails: expectFailure, disasters }, { timeoutMs: 600_000 });
});

/** A schedule that keeps one snapshot, has taken it, and is about to take the next. */
async function secondRun(world: SurvivalWorld): Promise<Subject> {
  const volumes = [await world.availableVolume(), await world.availableVolume()];
  const body = { schedule: { name: 'hourly', volume_ids: volumes, action: 'snapshot', rule: { every: 1, unit: 'hours' }, keep: 1 } };
  const { schedule: { id } } = await world.api<{ schedule: { id: string } }>('POST', '/x/schedules', body);
  await world.pass(hours(1));
  await world.reconcile('schedules');
  await world.settled();
  await world.pass(hours(1));
  await world.reconcile('schedules');
  return { id, volumes };
}

async function expectOneEach(world: SurvivalWorld, { id, volumes }: Subject): Promise<void> {
  const products = await living(world);
  expect(products.map(({ volume_id }) => volume_id).sort()).toEqual([...volumes].sort());
  expect(products.map(({ status }) => status)).toEqual(['available', 'available']);
  expect(await runs(world, id)).toMatchObject([
    { state: 'succeeded', volumes: [{ state: 'made' }, { state: 'made' }], removed: [{ state: 'removed' }, { state: 'removed' }] }, { state: 'succeeded' },
  ]);
}

/** Whatever was made is known: the next run keeps one of each, and no more. */
async function expectFailure(world: SurvivalWorld, { id, volumes }: Subject): Promise<void> {
  expect(await runs(world, id)).toMatchObject([{ state: 'failed', message: 'The harness made this step fail.' }, { state: 'succeeded' }]);
  const products = await world.database.sql<{ id: string }>`SELECT id FROM schedule_product`;
  expect(new Set(products.map((product) => product.id))).toEqual(new Set([...products.map((product) => product.id), ...(await living(world)).map((snapshot) => snapshot.id)]));
  expect(new Set((await living(world)).map(({ volume_id }) => volume_id))).toEqual(new Set(volumes));
}

async function living(world: SurvivalWorld): Promise<{ id: string; volume_id: string; status: string }[]> {
  return world.database.sql`SELECT id, volume_id, status FROM snapshot WHERE deleted_at IS NULL`;
}

async function runs(world: SurvivalWorld, id: string): Promise<{ state: string }[]> {
  return (await world.api<{ runs: { state: string }[] }>('GET', `/x/schedules/${id}/runs`)).runs;
}
