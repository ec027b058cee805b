import type { Migration } from '@virga/persistence';

export const createSnapshotSchedules: Migration = {
  name: '0102-create-snapshot-schedule',
  // Snapshots remember the schedule that took them, so that only those are ever removed for being old; there may be no such schedule any more.
  up: `
    CREATE TABLE snapshot_schedule (
      id uuid CONSTRAINT snapshot_schedule_pkey PRIMARY KEY,
      volume_id uuid NOT NULL CONSTRAINT snapshot_schedule_volume REFERENCES volume (id) ON DELETE CASCADE,
      project_id text NOT NULL,
      user_id text NOT NULL,
      name text,
      every_minutes integer NOT NULL CONSTRAINT snapshot_schedule_every CHECK (every_minutes > 0),
      keep integer NOT NULL CONSTRAINT snapshot_schedule_keep CHECK (keep > 0),
      next_at timestamptz NOT NULL,
      last_at timestamptz,
      fault jsonb,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX snapshot_schedule_of_volume ON snapshot_schedule (volume_id);
    CREATE INDEX snapshot_schedule_due ON snapshot_schedule (next_at);
    ALTER TABLE snapshot ADD COLUMN schedule_id uuid;
    CREATE INDEX snapshot_of_schedule ON snapshot (schedule_id) WHERE deleted_at IS NULL AND schedule_id IS NOT NULL`,
};
