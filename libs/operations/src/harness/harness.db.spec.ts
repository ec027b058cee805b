import { ManualClock, useDatabase } from '@virga/testing';
import { operationMigrations } from '../migrations.js';
import { playGroup, survival, type Group } from './its-survival.js';
import { ToyWorld, findToy, toyMigration, type ToyProcess } from './toy-world.fixture.js';
import {
  AsksOnce, CountsOutside, ForgetsKeys, LeavesPorts, MakeToy, NeverGivesUp, RemoveToy, TellsTooEarly, TidiesFromMemory,
} from './toys.fixture.js';
import type { Survival } from './world.js';

const promises = (kind: new (process: ToyProcess) => MakeToy): Survival<ToyWorld, { id: string }> => ({
  given: (world) => world.start(kind, 'toy-1'),
  whenItCompletes: async (world, { id }) => {
    expect((await findToy(world.database, id)).state).toBe('active');
    expect([...world.backends.guests]).toEqual([[id, 1]]);
    expect([...world.backends.ports.values()]).toEqual([id]);
  },
  whenItFails: async (world, { id }) => {
    expect((await findToy(world.database, id)).state).toBe('error');
    expect([...world.backends.guests]).toEqual([]);
    expect([...world.backends.ports]).toEqual([]);
  },
  disasters: {
    'its host vanishes': async (world) => { world.backends.isHostGone = true; },
    'its network vanishes': async (world) => { world.backends.isNetworkGone = true; },
    'its owner deletes it': async (world, { id }) => void await world.start(RemoveToy, id),
  },
});

describe('the crash harness', () => {
  const database = useDatabase({ schema: 'test', migrations: [...operationMigrations, toyMigration] });
  const opener = (kind: new (process: ToyProcess) => MakeToy) => async () => new ToyWorld(database, new ManualClock(), (process) => [new kind(process), new RemoveToy(process)]);

  describe('with an operation written as it should be', () => {
    survival(opener(MakeToy))(MakeToy as never, promises(MakeToy));
  });

  describe('with a deletion, which does not fail', () => {
    const isGone = async (world: ToyWorld, { id }: { id: string }): Promise<void> => {
      await expect(findToy(world.database, id)).rejects.toThrow('no such toy');
      expect([...world.backends.guests, ...world.backends.ports]).toEqual([]);
    };
    survival(opener(MakeToy))(RemoveToy as never, {
      given: async (world) => {
        world.backends.guests.set('toy-1', 1);
        world.backends.ports.set('port', 'toy-1');
        return world.start(RemoveToy, 'toy-1');
      },
      whenItCompletes: isGone,
      whenItFails: isGone,
      disasters: { 'its host vanishes': async (world) => { world.backends.isHostGone = true; } },
    });
  });

  const play = (kind: new (process: ToyProcess) => MakeToy, group: Group) =>
    playGroup(group, new kind(undefined as never), opener(kind), promises(kind));

  const catches: [string, new (process: ToyProcess) => MakeToy, Group, RegExp][] = [
    ['creates something anew with every repetition', ForgetsKeys, 'repetitions', /every step runs again/],
    ['creates something anew after a crash', ForgetsKeys, 'deaths', /dies before commit/],
    ['asks only once for what may be lost', AsksOnce, 'messages', /message 1 .*lost/],
    ['leaves something behind when it fails', LeavesPorts, 'failures', /fails for good after/],
    ['tears down from its memory', TidiesFromMemory, 'deaths', /fails for good after its work, and dies/],
    ['waits for ever for a backend that is gone', NeverGivesUp, 'disasters', /its host vanishes/],
    ['counts beside its end', CountsOutside, 'deaths', /dies before commit/],
  ];

  it.each(catches)('catches an operation that %s', async (_, kind, group, variant) => {
    const { failures } = await play(kind, group);
    expect(failures.map((failure) => failure.variant)).toEqual(expect.arrayContaining([expect.stringMatching(variant)]));
  }, 120_000);

  it('refuses to go on with an operation that fails even without trouble', async () => {
    await expect(play(TellsTooEarly, 'deaths')).rejects.toThrow('active');
  });

  it('plays as many variants as there are commits, steps and messages', async () => {
    const counts = Object.fromEntries(await Promise.all((['repetitions', 'failures'] as const).map(async (group) => [group, (await play(MakeToy, group)).played])));
    expect(counts).toEqual({ repetitions: 2, failures: 8 });
    expect((await play(MakeToy, 'deaths')).played).toBeGreaterThan(20);
    expect((await play(MakeToy, 'messages')).played).toBeGreaterThanOrEqual(4);
  });
});
