import type { Migration } from '@virga/persistence';

export const createSchedules: Migration = {
  name: '0700-create-schedule',
  // A schedule that is on has a moment when it is due; the index finds those without looking at the rest. What a schedule has made is
  // remembered here, beside what users can change: nothing else is ever removed by it. Volumes and products may vanish without asking,
  // so nothing refers to them. Schedules that are gone leave no row.
  up: `
    CREATE TABLE schedule (
      id uuid CONSTRAINT schedule_pkey PRIMARY KEY,
      project_id text NOT NULL,
      user_id text NOT NULL,
      name text NOT NULL,
      description text,
      volume_ids uuid[] NOT NULL,
      action text NOT NULL CONSTRAINT schedule_action CHECK (action IN ('snapshot', 'backup', 'incremental-backup')),
      rule jsonb NOT NULL,
      keep integer NOT NULL,
      is_enabled boolean NOT NULL,
      anchor_at timestamptz NOT NULL,
      next_run_at timestamptz,
      last_run_at timestamptz,
      last_state text CONSTRAINT schedule_last_state CHECK (last_state IN ('running', 'succeeded', 'partial', 'failed', 'skipped')),
      last_message text,
      created_at timestamptz NOT NULL,
      updated_at timestamptz,
      CONSTRAINT schedule_due CHECK (is_enabled = (next_run_at IS NOT NULL))
    );
    CREATE INDEX schedule_project ON schedule (project_id, created_at DESC, id DESC);
    CREATE INDEX schedule_recent ON schedule (created_at DESC, id DESC);
    CREATE INDEX schedule_next ON schedule (next_run_at, id) WHERE next_run_at IS NOT NULL;
    CREATE INDEX schedule_of_volume ON schedule USING gin (volume_ids);
    CREATE TABLE schedule_run (
      id uuid CONSTRAINT schedule_run_pkey PRIMARY KEY,
      schedule_id uuid NOT NULL CONSTRAINT schedule_run_schedule REFERENCES schedule (id) ON DELETE CASCADE,
      action text NOT NULL,
      state text NOT NULL CONSTRAINT schedule_run_state CHECK (state IN ('running', 'succeeded', 'partial', 'failed', 'skipped')),
      message text,
      results jsonb NOT NULL DEFAULT '[]',
      removals jsonb NOT NULL DEFAULT '[]',
      due_at timestamptz NOT NULL,
      started_at timestamptz NOT NULL,
      finished_at timestamptz,
      CONSTRAINT schedule_run_finished CHECK ((state = 'running') = (finished_at IS NULL))
    );
    CREATE INDEX schedule_run_of_schedule ON schedule_run (schedule_id, started_at DESC, id DESC);
    CREATE TABLE schedule_product (
      id uuid CONSTRAINT schedule_product_pkey PRIMARY KEY,
      schedule_id uuid NOT NULL CONSTRAINT schedule_product_schedule REFERENCES schedule (id) ON DELETE CASCADE,
      volume_id uuid NOT NULL,
      kind text NOT NULL CONSTRAINT schedule_product_kind CHECK (kind IN ('snapshot', 'backup')),
      is_incremental boolean NOT NULL,
      is_complete boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL
    );
    CREATE INDEX schedule_product_of_schedule ON schedule_product (schedule_id, created_at DESC, id DESC)`,
};
