import type { AnyOperation, OperationClass } from '@virga/operations';
import { survival, type Survival } from '@virga/operations/harness';
import { SurvivalWorld, useBlockStorageDatabase } from '../../testing/index.js';
import { VolumesOnHosts } from '../volume-on-host.fixture.js';
import { MoveSteps } from './move-steps.js';
import { MigrateVolume, RetypeVolume } from './move-volume.operations.js';

const vanishing = (name: string) => async (world: SurvivalWorld): Promise<void> => world.cloud.host(name).vanish();

const disasters = { 'the source vanishes': vanishing('node-1'), 'the target vanishes': vanishing('node-2') };

/** A volume on node-1, with something in it. */
async function writtenVolume(world: SurvivalWorld): Promise<string> {
  await world.database.sql`UPDATE backend SET is_enabled = (host = 'node-1')`;
  const id = await world.availableVolume();
  await world.database.sql`UPDATE backend SET is_enabled = true`;
  await new VolumesOnHosts(world).write(id, 'precious');
  return id;
}

async function act(world: SurvivalWorld, id: string, body: object): Promise<string> {
  const answer = await world.act(id, body, { as: 'admin' });
  if (answer.status !== 202) throw new Error(JSON.stringify(answer.body));
  return id;
}

/** Wherever it says that it is, there are its bytes, and nowhere else, as far as hosts are there. */
async function expectWhole(world: SurvivalWorld, id: string, host: string): Promise<void> {
  expect(await world.volume(id)).toMatchObject({ status: 'available', 'os-vol-host-attr:host': `${host}@file#file` });
  if (!world.cloud.host(host).isGone) expect(await new VolumesOnHosts(world).read(id, 8, host)).toBe('precious');
}

/** What every move promises: the volume is whole, with the type that goes with the place where it is. */
function moving(given: (world: SurvivalWorld) => Promise<string>, { from, to }: { from: object; to: object }): Survival<SurvivalWorld, string> {
  return {
    given,
    whenItCompletes: async (world, id) => {
      await expectWhole(world, id, 'node-2');
      expect(await world.volume(id)).toMatchObject(to);
    },
    // It may fail before it has moved, or, where only the old place could not be cleared, after.
    whenItFails: async (world, id) => {
      const volume = await world.volume(id);
      const hasMoved = volume['migration_status'] === 'success';
      await expectWhole(world, id, hasMoved ? 'node-2' : 'node-1');
      expect(volume).toMatchObject(hasMoved ? to : from);
    },
    disasters,
  };
}

describe('moves of volumes', () => {
  const database = useBlockStorageDatabase();
  const itSurvives = survival(() => SurvivalWorld.open(database), declared);

  itSurvives(MigrateVolume, moving(
    async (world) => act(world, await writtenVolume(world), { 'os-migrate_volume': { host: 'node-2@file#file' } }),
    { from: { volume_type: '__DEFAULT__' }, to: { volume_type: '__DEFAULT__' } },
  ));

  itSurvives(RetypeVolume, moving(
    async (world) => {
      const id = await writtenVolume(world);
      // What its own backend cannot do: it has to move.
      await new VolumesOnHosts(world).type('gold', { multiattach: '<is> True' });
      await world.database.sql`UPDATE backend SET capabilities = capabilities || '{"isMultiattach": false}' WHERE host = 'node-1'`;
      return act(world, id, { 'os-retype': { new_type: 'gold', migration_policy: 'on-demand' } });
    },
    { from: { volume_type: '__DEFAULT__', multiattach: false }, to: { volume_type: 'gold', multiattach: true } },
  ));
});

/** The kind with its steps, which it takes from `MoveSteps`. */
function declared(kind: OperationClass<AnyOperation>): AnyOperation {
  const steps = new (MoveSteps as unknown as new () => MoveSteps)();
  return new (kind as unknown as new (steps: MoveSteps) => AnyOperation)(steps);
}
