import type { Migration } from '@virga/persistence';

export const createVolumes: Migration = {
  name: '0003-create-volume',
  // One writer a table: `volume`, `snapshot` and `attachment` are what users and operations say, `*_observation` what storage
  // hosts report. Statuses are the API's words; one that is on its way somewhere has a live operation, which the reconciler
  // watches over.
  up: `
    CREATE TABLE volume_key (
      id uuid CONSTRAINT volume_key_pkey PRIMARY KEY,
      project_id text NOT NULL,
      wrapped bytea NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE volume (
      id uuid CONSTRAINT volume_pkey PRIMARY KEY,
      project_id text NOT NULL,
      user_id text NOT NULL,
      name text,
      description text,
      size_gibibytes integer NOT NULL,
      status text NOT NULL,
      migration_status text,
      previous_status text,
      type_id uuid NOT NULL CONSTRAINT volume_type_id REFERENCES volume_type (id),
      backend text CONSTRAINT volume_backend REFERENCES backend (name),
      availability_zone text NOT NULL,
      requested_zone text,
      is_bootable boolean NOT NULL DEFAULT false,
      is_multiattach boolean NOT NULL DEFAULT false,
      is_read_only boolean NOT NULL DEFAULT false,
      key_id uuid CONSTRAINT volume_key_id REFERENCES volume_key (id),
      snapshot_id uuid,
      source_volume_id uuid,
      backup_id uuid,
      group_id uuid,
      metadata jsonb NOT NULL DEFAULT '{}',
      image_metadata jsonb,
      admin_metadata jsonb NOT NULL DEFAULT '{}',
      consumes_quota boolean NOT NULL DEFAULT true,
      generation integer NOT NULL DEFAULT 1,
      revision integer NOT NULL DEFAULT 1,
      fault jsonb,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz,
      launched_at timestamptz,
      terminated_at timestamptz,
      deleted_at timestamptz,
      CONSTRAINT volume_deleted CHECK ((status = 'deleted') = (deleted_at IS NOT NULL))
    );
    CREATE INDEX volume_project ON volume (project_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
    CREATE INDEX volume_recent ON volume (created_at DESC, id DESC) WHERE deleted_at IS NULL;
    CREATE INDEX volume_on_backend ON volume (backend) INCLUDE (size_gibibytes) WHERE deleted_at IS NULL;
    CREATE INDEX volume_of_type ON volume (type_id) WHERE deleted_at IS NULL;
    CREATE INDEX volume_of_group ON volume (group_id) WHERE deleted_at IS NULL AND group_id IS NOT NULL;
    CREATE INDEX volume_with_key ON volume (key_id) WHERE key_id IS NOT NULL;
    CREATE INDEX volume_gone ON volume (deleted_at) WHERE deleted_at IS NOT NULL;

    CREATE TABLE snapshot (
      id uuid CONSTRAINT snapshot_pkey PRIMARY KEY,
      project_id text NOT NULL,
      user_id text NOT NULL,
      volume_id uuid NOT NULL CONSTRAINT snapshot_volume REFERENCES volume (id),
      name text,
      description text,
      size_gibibytes integer NOT NULL,
      status text NOT NULL,
      progress text NOT NULL DEFAULT '0%',
      backend text CONSTRAINT snapshot_backend REFERENCES backend (name),
      key_id uuid CONSTRAINT snapshot_key_id REFERENCES volume_key (id),
      group_snapshot_id uuid,
      metadata jsonb NOT NULL DEFAULT '{}',
      consumes_quota boolean NOT NULL DEFAULT true,
      generation integer NOT NULL DEFAULT 1,
      revision integer NOT NULL DEFAULT 1,
      fault jsonb,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz,
      deleted_at timestamptz,
      CONSTRAINT snapshot_deleted CHECK ((status = 'deleted') = (deleted_at IS NOT NULL))
    );
    CREATE INDEX snapshot_project ON snapshot (project_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
    CREATE INDEX snapshot_recent ON snapshot (created_at DESC, id DESC) WHERE deleted_at IS NULL;
    CREATE INDEX snapshot_of_volume ON snapshot (volume_id) WHERE deleted_at IS NULL;
    CREATE INDEX snapshot_on_backend ON snapshot (backend) INCLUDE (size_gibibytes) WHERE deleted_at IS NULL;
    CREATE INDEX snapshot_with_key ON snapshot (key_id) WHERE key_id IS NOT NULL;
    CREATE INDEX snapshot_gone ON snapshot (deleted_at) WHERE deleted_at IS NOT NULL;

    CREATE TABLE attachment (
      id uuid CONSTRAINT attachment_pkey PRIMARY KEY,
      volume_id uuid NOT NULL CONSTRAINT attachment_volume REFERENCES volume (id),
      project_id text NOT NULL,
      user_id text NOT NULL,
      server_id uuid,
      owner text NOT NULL CONSTRAINT attachment_owner CHECK (owner IN ('user', 'compute')),
      state text NOT NULL CONSTRAINT attachment_state CHECK (state IN ('reserved', 'connecting', 'attaching', 'attached', 'detaching', 'error', 'deleted')),
      host text,
      hostname text,
      mountpoint text,
      mode text NOT NULL DEFAULT 'rw' CONSTRAINT attachment_mode CHECK (mode IN ('rw', 'ro')),
      connector jsonb,
      address jsonb,
      generation integer NOT NULL DEFAULT 1,
      revision integer NOT NULL DEFAULT 1,
      fault jsonb,
      attached_at timestamptz,
      detached_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz
    );
    CREATE INDEX attachment_of_volume ON attachment (volume_id) WHERE state <> 'deleted';
    CREATE INDEX attachment_of_server ON attachment (server_id) WHERE state <> 'deleted' AND server_id IS NOT NULL;
    CREATE INDEX attachment_project ON attachment (project_id, created_at DESC, id DESC) WHERE state <> 'deleted';`,
};

export const createObservations: Migration = {
  name: '0004-create-observations',
  // A volume that moves is on two backends for a while, so the backend is part of what is observed.
  up: `
    CREATE TABLE volume_observation (
      volume_id uuid NOT NULL,
      backend text NOT NULL,
      generation integer NOT NULL,
      size_bytes bigint,
      sequence bigint NOT NULL,
      CONSTRAINT volume_observation_pkey PRIMARY KEY (volume_id, backend)
    );
    CREATE INDEX volume_observation_backend ON volume_observation (backend);
    CREATE TABLE snapshot_observation (
      snapshot_id uuid NOT NULL,
      backend text NOT NULL,
      generation integer NOT NULL,
      volume_id uuid,
      size_bytes bigint,
      sequence bigint NOT NULL,
      CONSTRAINT snapshot_observation_pkey PRIMARY KEY (snapshot_id, backend)
    );
    CREATE INDEX snapshot_observation_backend ON snapshot_observation (backend);
    CREATE TABLE export_observation (
      attachment_id uuid NOT NULL,
      backend text NOT NULL,
      generation integer NOT NULL,
      volume_id uuid,
      address jsonb,
      is_served boolean NOT NULL,
      sequence bigint NOT NULL,
      CONSTRAINT export_observation_pkey PRIMARY KEY (attachment_id, backend)
    );
    CREATE INDEX export_observation_backend ON export_observation (backend);
    CREATE TABLE task_observation (
      task_id uuid CONSTRAINT task_observation_pkey PRIMARY KEY,
      host text NOT NULL,
      generation integer NOT NULL,
      state text NOT NULL,
      percent integer NOT NULL,
      size_bytes bigint,
      objects integer,
      code text,
      message text,
      sequence bigint NOT NULL
    );
    CREATE TABLE storage_failure (
      id uuid NOT NULL,
      backend text NOT NULL,
      generation integer NOT NULL,
      command text NOT NULL,
      code text NOT NULL,
      message text NOT NULL,
      is_final boolean NOT NULL,
      sequence bigint NOT NULL,
      at timestamptz NOT NULL,
      CONSTRAINT storage_failure_pkey PRIMARY KEY (id, backend)
    )`,
};

export const createSchedulingDecisions: Migration = {
  name: '0005-create-scheduling-decision',
  // The last decision about each volume, with the reason for every backend that was not chosen.
  up: `
    CREATE TABLE scheduling_decision (
      volume_id uuid CONSTRAINT scheduling_decision_pkey PRIMARY KEY CONSTRAINT scheduling_decision_volume REFERENCES volume (id) ON DELETE CASCADE,
      decided_at timestamptz NOT NULL,
      decision jsonb NOT NULL
    )`,
};
