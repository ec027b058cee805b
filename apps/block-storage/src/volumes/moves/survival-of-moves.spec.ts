import type { AnyOperation, OperationClass } from '@virga/operations';
import { survival, type Survival } from '@virga/operations/harness';
import { GUESTS_HOST, SurvivalWorld, useBlockStorageDatabase } from '../../testing/index.js';
import { VolumesOnHosts } from '../volume-on-host.fixture.js';
import { MoveAttachedVolume } from './move-attached-volume.operation.js';
import { MoveSteps } from './move-steps.js';
import { MigrateVolume, RetypeVolume } from './move-volume.operations.js';
import { readAsGuest, usedVolume, type UsedVolume } from './used-volume.fixture.js';

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
  const itAttachedSurvives = survival(() => SurvivalWorld.open(database));

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

  itAttachedSurvives(MoveAttachedVolume, {
    given: async (world) => {
      const volume = await usedVolume(world);
      await act(world, volume.id, { 'os-migrate_volume': { host: 'node-2@file#file' } });
      return volume;
    },
    whenItCompletes: (world, volume) => expectUsed(world, volume, true),
    whenItFails: async (world, volume) => expectUsed(world, volume, (await world.volume(volume.id))['migration_status'] === 'success'),
    disasters: {
      ...disasters,
      'its guest cannot copy': async (world) => { world.cloud.compute.cannotCopy = true; },
    },
  });
});

/** It is where it says, and nowhere else; what its guest has written since it moved is there; its server has it through one attachment, which is exported. */
async function expectUsed(world: SurvivalWorld, { id, serverId }: UsedVolume, hasMoved: boolean): Promise<void> {
  const host = hasMoved ? 'node-2' : 'node-1';
  expect(await world.volume(id)).toMatchObject({ status: 'in-use', 'os-vol-host-attr:host': `${host}@file#file`, attachments: [{ server_id: serverId }] });
  if (world.cloud.host(host).isGone) return;
  expect(await readAsGuest(world, id, { offset: 4096, length: 8 }, host)).toBe('precious');
  const { volumes } = await world.cloud.host(host).backend().observe(AbortSignal.timeout(5_000));
  expect(volumes).toMatchObject([{ id, exports: [{ host: GUESTS_HOST }] }]);
}

/** The kind with its steps, which it takes from `MoveSteps`. */
function declared(kind: OperationClass<AnyOperation>): AnyOperation {
  const steps = new (MoveSteps as unknown as new () => MoveSteps)();
  return new (kind as unknown as new (steps: MoveSteps) => AnyOperation)(steps);
}
