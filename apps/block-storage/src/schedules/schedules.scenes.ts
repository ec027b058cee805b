import type { snapshotSchedules } from '@virga/contracts-block-storage';
import type { Persona, Scene } from '@virga/testing';
import type { BlockStorageWorld } from '../testing/index.js';

const MEMBERS: Persona[] = ['admin', 'alice', 'amy', 'manager'];
const OUTSIDE: Persona[] = ['bob', 'service'];

/** Who may do what with the snapshot schedules of a volume of project demo. */
export const scheduleScenes: { [Name in keyof typeof snapshotSchedules]: Scene<BlockStorageWorld> } = {
  listSnapshotSchedules: { given: async (world) => ({ params: { volume_id: await world.availableVolume() } }), allowed: [...MEMBERS, 'reader'], invisible: OUTSIDE },
  createSnapshotSchedule: {
    given: async (world) => ({ params: { volume_id: await world.availableVolume() }, body: { schedule: { every_minutes: 60, keep: 2 } } }), allowed: MEMBERS, invisible: OUTSIDE,
  },
  deleteSnapshotSchedule: {
    given: async (world) => {
      const volume = await world.availableVolume();
      const { schedule } = await world.api<{ schedule: { id: string } }>('POST', `/x/volumes/${volume}/snapshot-schedules`, { schedule: { every_minutes: 60, keep: 2 } });
      return { params: { volume_id: volume, schedule_id: schedule.id } };
    },
    allowed: MEMBERS, invisible: OUTSIDE,
  },
};
