import type { schedules } from '@virga/contracts-block-storage';
import type { Persona, Scene } from '@virga/testing';
import type { BlockStorageWorld } from '../testing/index.js';

type Endpoints<Contracts> = { [Name in keyof Contracts as Contracts[Name] extends { readonly method: string } ? Name : never]: Scene<BlockStorageWorld> };

const MEMBERS: Persona[] = ['admin', 'alice', 'amy', 'manager'];
const READERS: Persona[] = [...MEMBERS, 'reader'];
const OUTSIDE: Persona[] = ['bob', 'service'];

/** What `world` is asked for to have a schedule. */
export async function scheduleBody(world: BlockStorageWorld, more: object = {}): Promise<{ schedule: object }> {
  return { schedule: { name: 'nightly', volume_ids: [await world.availableVolume()], action: 'snapshot', rule: { cron: '0 3 * * *' }, keep: 7, ...more } };
}

export async function scheduled(world: BlockStorageWorld): Promise<string> {
  return (await world.api<{ schedule: { id: string } }>('POST', '/x/schedules', await scheduleBody(world))).schedule.id;
}

const own = (allowed: Persona[], body?: object): Scene<BlockStorageWorld> => ({
  given: async (world) => ({ params: { schedule_id: await scheduled(world) }, ...(body !== undefined && { body }) }), allowed, invisible: OUTSIDE,
});

/** Who may do what with a schedule of project demo, and make one of its volumes. */
export const scheduleScenes: Endpoints<typeof schedules> = {
  listSchedules: { given: () => ({}), allowed: [...READERS, 'bob'] },
  // Bob and the operator may have schedules, but the volume is not of their projects.
  createSchedule: { given: async (world) => ({ body: await scheduleBody(world) }), allowed: ['alice', 'amy', 'manager'], invisible: ['bob', 'admin'] },
  showSchedule: own(READERS), updateSchedule: own(MEMBERS, { schedule: { keep: 3 } }), deleteSchedule: own(MEMBERS), listScheduleRuns: own(READERS),
};
