import type { AnyOperation, OperationClass } from '@virga/operations';
import { survival } from '@virga/operations/harness';
import { SurvivalWorld, useBlockStorageDatabase } from '../../testing/index.js';
import { VolumesOnHosts } from '../volume-on-host.fixture.js';
import { MoveSteps } from './move-steps.js';
import { RetypeVolume } from './move-volume.operations.js';

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

describe('moves of volumes', () => {
  const database = useBlockStorageDatabase();
  const itSurvives = survival(() => SurvivalWorld.open(database), declared);

  // Migrating has the same steps, less the first one's search for a target and the last one's change of type.
  itSurvives(RetypeVolume, {
    given: async (world) => {
      const id = await writtenVolume(world);
      // What its own backend cannot do: it has to move.
      await new VolumesOnHosts(world).type('gold', { multiattach: '<is> True' });
      await world.database.sql`UPDATE backend SET capabilities = capabilities || '{"isMultiattach": false}' WHERE host = 'node-1'`;
      return act(world, id, { 'os-retype': { new_type: 'gold', migration_policy: 'on-demand' } });
    },
    whenItCompletes: async (world, id) => {
      await expectWhole(world, id, 'node-2');
      expect(await world.volume(id)).toMatchObject({ volume_type: 'gold', multiattach: true });
    },
    // It may fail before it has moved, or, where only the old place could not be cleared, after.
    whenItFails: async (world, id) => {
      const { migration_status: status, volume_type: type } = await world.volume(id);
      await expectWhole(world, id, status === 'success' ? 'node-2' : 'node-1');
      expect(type).toBe(status === 'success' ? 'gold' : '__DEFAULT__');
    },
  }, { timeoutMs: 1_200_000 });
});

/** The kind with its steps, which it takes from `MoveSteps`. */
function declared(kind: OperationClass<AnyOperation>): AnyOperation {
  const steps = new (MoveSteps as unknown as new () => MoveSteps)();
  return new (kind as unknown as new (steps: MoveSteps) => AnyOperation)(steps);
}
