import { closed, endpoint, Nullable, T } from '@virga/contract';
import { MEMBER_OR_ADMIN, READER_OR_ADMIN, volumeRule } from './rules.js';
import { OptionalText, Time } from './values.js';

/** Ours: snapshots of a volume that are taken by themselves, the newest of which are kept. */
const Schedule = closed({
  id: T.String(), volume_id: T.String(), name: Nullable(T.String()), every_minutes: T.Integer(), keep: T.Integer(), created_at: Time,
  next_at: Time, last_at: Nullable(Time),
  /** Why the last one could not be taken; null where it could. */
  last_fault: Nullable(closed({ code: T.String(), message: T.String() })),
});

const rule = (name: string, check: string, describe: string) => volumeRule(`x:volume:snapshot_schedules:${name}`, check, describe);
const VOLUME = 'block-storage.volume.unknown';

export const listSnapshotSchedules = endpoint({
  route: 'GET /x/volumes/{volume_id}/snapshot-schedules', summary: 'When snapshots of a volume are taken by themselves.',
  view: closed({ schedules: T.Array(Schedule) }), replies: 200, policy: rule('list', READER_OR_ADMIN, 'List the snapshot schedules of a volume.'), fails: [VOLUME],
  cli: { command: 'volume snapshot schedule list', columns: ['id', 'every_minutes', 'keep', 'next_at'] },
});

export const createSnapshotSchedule = endpoint({
  route: 'POST /x/volumes/{volume_id}/snapshot-schedules', summary: 'Take snapshots of a volume by themselves from now on, and keep the newest ones.',
  body: closed({
    schedule: closed({
      every_minutes: T.Integer({ minimum: 5, maximum: 527_040 }), keep: T.Integer({ minimum: 1, maximum: 1000 }), name: T.Optional(OptionalText),
    }),
  }),
  view: closed({ schedule: Schedule }), replies: 201, policy: rule('create', MEMBER_OR_ADMIN, 'Make a snapshot schedule for a volume.'),
  fails: [VOLUME, 'block-storage.schedule.too-many'], cli: { command: 'volume snapshot schedule create' },
});

export const deleteSnapshotSchedule = endpoint({
  route: 'DELETE /x/volumes/{volume_id}/snapshot-schedules/{schedule_id}', summary: 'Take no more snapshots by themselves; those that there are stay.',
  replies: 204, policy: rule('delete', MEMBER_OR_ADMIN, 'Delete a snapshot schedule of a volume.'), fails: [VOLUME, 'block-storage.schedule.unknown'],
  cli: { command: 'volume snapshot schedule delete' },
});
