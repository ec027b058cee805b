import { closed, endpoint, Nullable, open, T, Uuid, WireBoolean, type PolicyRule } from '@virga/contract';
import { createBackup } from './backups.contract.js';
import { MEMBER_OR_ADMIN, READER_OR_ADMIN, volumeRule } from './rules.js';
import { createSnapshot } from './snapshots.contract.js';
import { paging } from './paging.js';
import { Link, Links, Name, Text255, Texts, Time } from './values.js';

/** What a schedule makes of its volumes. */
export const SCHEDULE_ACTIONS = ['snapshot', 'backup', 'incremental-backup'] as const;
/** How the last run went: `partial` where it went well for some volumes only, `skipped` where there was nothing that could be done. */
export const SCHEDULE_RUN_STATES = ['running', 'succeeded', 'partial', 'failed', 'skipped'] as const;
/** The most volumes, and the most kept of each. */
export const MOST_VOLUMES = 100;
export const MOST_KEPT = 1000;
/** The longest interval: a year, in hours and in days. */
const LONGEST = { hours: 8784, days: 366 } as const;

/** Every so often, counted from when the rule was set; or whenever a cron expression of five fields says so, in UTC. */
const Rule = T.Union([
  closed({ every: T.Integer({ minimum: 1, maximum: LONGEST.hours }), unit: T.Enum(['hours']) }),
  closed({ every: T.Integer({ minimum: 1, maximum: LONGEST.days }), unit: T.Enum(['days']) }),
  closed({ cron: T.String({ minLength: 9, maxLength: 255 }) }),
]);

const settings = {
  name: Name, description: Nullable(Text255), volume_ids: T.Array(Uuid, { minItems: 1, maxItems: MOST_VOLUMES }), action: T.Enum([...SCHEDULE_ACTIONS]), rule: Rule,
  keep: T.Integer({ minimum: 1, maximum: MOST_KEPT }), is_enabled: WireBoolean,
};

const Outcome = closed({ state: T.Enum([...SCHEDULE_RUN_STATES]), message: Nullable(T.String()) });

export const Schedule = closed({
  id: T.String(), project_id: T.String(), user_id: T.String(), name: T.String(), description: Nullable(T.String()), volume_ids: T.Array(T.String()),
  action: T.String(), rule: Rule, keep: T.Integer(), is_enabled: T.Boolean(), next_run_at: Nullable(Time), last_run_at: Nullable(Time),
  last_outcome: Nullable(Outcome), created_at: Time, updated_at: Nullable(Time), links: Links,
});

export const ScheduleRun = closed({
  id: T.String(), state: T.Enum([...SCHEDULE_RUN_STATES]), message: Nullable(T.String()), due_at: Time, started_at: Time, finished_at: Nullable(Time),
  volumes: T.Array(closed({
    volume_id: T.String(), state: T.Enum(['pending', 'made', 'failed', 'skipped']), snapshot_id: T.Optional(T.String()), backup_id: T.Optional(T.String()), message: Nullable(T.String()),
  })),
  removed: T.Array(closed({
    state: T.Enum(['pending', 'removed', 'failed']), snapshot_id: T.Optional(T.String()), backup_id: T.Optional(T.String()), message: Nullable(T.String()),
  })),
});

const rules = {
  list: volumeRule('volume:x:schedules:list', READER_OR_ADMIN, 'List schedules of snapshots and backups.'),
  show: volumeRule('volume:x:schedules:show', READER_OR_ADMIN, 'Show a schedule and its runs.'),
  create: volumeRule('volume:x:schedules:create', MEMBER_OR_ADMIN, 'Create a schedule of snapshots or backups.'),
  update: volumeRule('volume:x:schedules:update', MEMBER_OR_ADMIN, 'Change a schedule.'),
  delete: volumeRule('volume:x:schedules:delete', MEMBER_OR_ADMIN, 'Delete a schedule; what it has made stays.'),
} satisfies Record<string, PolicyRule>;

/** Who may not make something by hand may not have it made. */
const making = [createSnapshot.policy, createBackup.policy];
const UNKNOWN = 'block-storage.schedule.unknown';
const wishFails = ['block-storage.schedule.cron', 'block-storage.volume.unknown'];

export const listSchedules = endpoint({
  route: 'GET /x/schedules', summary: 'List the schedules of snapshots and backups of the project.',
  query: open({ ...paging, all_tenants: T.Optional(Texts), with_count: T.Optional(Texts), name: T.Optional(Texts), volume_id: T.Optional(Texts), action: T.Optional(Texts), is_enabled: T.Optional(Texts) }),
  view: closed({ schedules: T.Array(Schedule), schedules_links: T.Optional(T.Array(Link)), count: T.Optional(T.Integer()) }), replies: 200,
  policy: rules.list, fails: ['request.marker.unknown', 'request.sort.key', 'request.limit'],
  cli: { command: 'volume schedule list', columns: ['id', 'name', 'action', 'next_run_at'] },
});

export const createSchedule = endpoint({
  route: 'POST /x/schedules', isShownAgain: true, summary: 'Have snapshots or backups of volumes made again and again, and the oldest of them removed.',
  body: closed({
    schedule: closed({
      name: settings.name, description: T.Optional(settings.description), volume_ids: settings.volume_ids, action: settings.action, rule: settings.rule,
      keep: settings.keep, is_enabled: T.Optional(settings.is_enabled),
    }),
  }),
  view: closed({ schedule: Schedule }), replies: 201,
  policy: rules.create, alsoConsults: making, fails: [...wishFails, 'block-storage.quota.schedules'], charges: { schedules: 1 }, cli: { command: 'volume schedule create' },
});

export const showSchedule = endpoint({
  route: 'GET /x/schedules/{schedule_id}', summary: 'Show a schedule: when it is due next, and how its last run went.', view: closed({ schedule: Schedule }), replies: 200,
  policy: rules.show, fails: [UNKNOWN], cli: { command: 'volume schedule show' },
});

export const updateSchedule = endpoint({
  route: 'PUT /x/schedules/{schedule_id}', summary: 'Change a schedule; what is left out stays as it is.',
  body: closed({
    schedule: closed({
      name: T.Optional(settings.name), description: T.Optional(settings.description), volume_ids: T.Optional(settings.volume_ids), action: T.Optional(settings.action),
      rule: T.Optional(settings.rule), keep: T.Optional(settings.keep), is_enabled: T.Optional(settings.is_enabled),
    }, { minProperties: 1 }),
  }),
  view: closed({ schedule: Schedule }), replies: 200,
  policy: rules.update, alsoConsults: making, fails: [UNKNOWN, ...wishFails], cli: { command: 'volume schedule set' },
});

export const deleteSchedule = endpoint({
  route: 'DELETE /x/schedules/{schedule_id}', summary: 'Delete a schedule. What it has made stays, and is its owner\'s to delete.', replies: 204,
  policy: rules.delete, fails: [UNKNOWN], cli: { command: 'volume schedule delete' },
});

export const listScheduleRuns = endpoint({
  route: 'GET /x/schedules/{schedule_id}/runs', summary: 'The last runs of a schedule, the newest first: what they made, what they removed, and why not.',
  query: open({ limit: paging.limit, marker: paging.marker }), view: closed({ runs: T.Array(ScheduleRun), runs_links: T.Optional(T.Array(Link)) }), replies: 200,
  policy: rules.show, fails: [UNKNOWN, 'request.marker.unknown', 'request.limit'],
});
