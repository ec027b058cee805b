import type { Migration } from '@virga/persistence';

/** The tables of operations and debts in a service's schema. */
export const operationMigrations: readonly Migration[] = [
  {
    name: 'operations-0001-create',
    // Two constraints carry the engine: what is alive is due at some time, and a resource has one live operation.
    // `worker` is empty while nobody runs it; `woken` remembers a waking that came while somebody did.
    up: `
      CREATE TABLE IF NOT EXISTS operation (
        id uuid CONSTRAINT operation_pkey PRIMARY KEY,
        kind text NOT NULL,
        version integer NOT NULL,
        resource_type text NOT NULL,
        resource_id text NOT NULL,
        project_id text,
        user_id text,
        request_id text NOT NULL,
        params jsonb NOT NULL,
        outputs jsonb NOT NULL DEFAULT '{}',
        step text NOT NULL,
        step_started_at timestamptz,
        state text NOT NULL
          CONSTRAINT operation_state CHECK (state IN ('running', 'abandoning', 'succeeded', 'failed', 'superseded')),
        fence bigint NOT NULL DEFAULT 0,
        worker text,
        attempts integer NOT NULL DEFAULT 0,
        due_at timestamptz,
        deadline_at timestamptz NOT NULL,
        grace_until timestamptz,
        waiting_for text,
        wake_key text,
        woken boolean NOT NULL DEFAULT false,
        fault jsonb,
        created_at timestamptz NOT NULL,
        started_at timestamptz,
        updated_at timestamptz NOT NULL,
        finished_at timestamptz,
        CONSTRAINT operation_live_is_due CHECK ((due_at IS NULL) = (state IN ('succeeded', 'failed', 'superseded')))
      );
      CREATE UNIQUE INDEX IF NOT EXISTS operation_one_live_per_resource ON operation (resource_type, resource_id) WHERE due_at IS NOT NULL;
      CREATE INDEX IF NOT EXISTS operation_due ON operation (due_at) WHERE due_at IS NOT NULL;
      CREATE INDEX IF NOT EXISTS operation_wake ON operation (wake_key) WHERE due_at IS NOT NULL AND wake_key IS NOT NULL;
      CREATE INDEX IF NOT EXISTS operation_history ON operation (resource_type, resource_id, created_at DESC, id DESC);
      CREATE INDEX IF NOT EXISTS operation_request ON operation (request_id)`,
  },
  {
    name: 'operations-0002-steps',
    // What users see as the events of an instance action: one row for each step that came to an end.
    up: `
      CREATE TABLE IF NOT EXISTS operation_step (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT operation_step_pkey PRIMARY KEY,
        operation_id uuid NOT NULL CONSTRAINT operation_step_operation REFERENCES operation (id) ON DELETE CASCADE,
        step text NOT NULL,
        started_at timestamptz NOT NULL,
        finished_at timestamptz NOT NULL,
        outcome text NOT NULL CONSTRAINT operation_step_outcome CHECK (outcome IN ('done', 'failed', 'superseded')),
        attempts integer NOT NULL,
        fault jsonb
      );
      CREATE INDEX IF NOT EXISTS operation_step_operation_id ON operation_step (operation_id, id)`,
  },
  {
    name: 'operations-0003-debts',
    // One unpaid debt for each thing: owing it twice is owing it once, at the higher generation.
    up: `
      CREATE TABLE IF NOT EXISTS debt (
        id uuid CONSTRAINT debt_pkey PRIMARY KEY,
        backend text NOT NULL,
        resource_type text NOT NULL,
        resource_id text NOT NULL,
        generation bigint NOT NULL,
        detail jsonb NOT NULL DEFAULT '{}',
        request_id text,
        created_at timestamptz NOT NULL,
        due_at timestamptz,
        attempts integer NOT NULL DEFAULT 0,
        fault jsonb,
        paid_at timestamptz,
        CONSTRAINT debt_unpaid_is_due CHECK ((due_at IS NULL) = (paid_at IS NOT NULL))
      );
      CREATE UNIQUE INDEX IF NOT EXISTS debt_one_unpaid ON debt (backend, resource_type, resource_id) WHERE paid_at IS NULL;
      CREATE INDEX IF NOT EXISTS debt_due ON debt (due_at) WHERE due_at IS NOT NULL;
      CREATE INDEX IF NOT EXISTS debt_resource ON debt (resource_id) WHERE paid_at IS NULL`,
  },
  {
    name: 'operations-0004-history',
    // What is over is removed after its time, the oldest first.
    up: `
      CREATE INDEX IF NOT EXISTS operation_ended ON operation (finished_at, id) WHERE due_at IS NULL;
      CREATE INDEX IF NOT EXISTS debt_paid ON debt (paid_at) WHERE paid_at IS NOT NULL`,
  },
  {
    name: 'operations-0005-debt-worker',
    up: 'ALTER TABLE debt ADD COLUMN worker text',
  },
];
