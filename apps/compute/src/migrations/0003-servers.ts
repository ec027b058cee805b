import type { Migration } from '@virga/persistence';

export const createServers: Migration = {
  name: '0003-create-server',
  // One writer a table: `server` is what its users and its operations say, `server_request` what its creator asked for (long
  // texts that lists never read), `server_nic` what network reports, `guest_observation` what hosts report.
  // A server without a settled state or with a task has a live operation; the reconciler watches over that.
  up: `
    CREATE TABLE server_group (
      id uuid CONSTRAINT server_group_pkey PRIMARY KEY,
      project_id text NOT NULL,
      user_id text NOT NULL,
      name text NOT NULL,
      policy text NOT NULL CONSTRAINT server_group_policy CHECK (policy IN ('affinity', 'anti-affinity', 'soft-affinity', 'soft-anti-affinity')),
      max_server_per_host integer,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX server_group_project ON server_group (project_id, created_at, id);

    CREATE TABLE server (
      id uuid CONSTRAINT server_pkey PRIMARY KEY,
      project_id text NOT NULL,
      user_id text NOT NULL,
      name text NOT NULL,
      description text,
      hostname text NOT NULL,
      state text NOT NULL CONSTRAINT server_state CHECK (state IN ('building', 'active', 'paused', 'stopped', 'error', 'deleted')),
      task text,
      generation integer NOT NULL DEFAULT 1,
      revision integer NOT NULL DEFAULT 1,
      flavor jsonb NOT NULL,
      flavor_id text NOT NULL GENERATED ALWAYS AS (flavor ->> 'id') STORED,
      vcpus integer NOT NULL,
      memory_mebibytes integer NOT NULL,
      image jsonb,
      image_id text GENERATED ALWAYS AS (image ->> 'id') STORED,
      key_name text,
      metadata jsonb NOT NULL DEFAULT '{}',
      tags text[] NOT NULL DEFAULT '{}',
      requested_zone text,
      host text,
      access_ip_v4 text NOT NULL DEFAULT '',
      access_ip_v6 text NOT NULL DEFAULT '',
      disk_config text NOT NULL DEFAULT 'MANUAL' CONSTRAINT server_disk_config CHECK (disk_config IN ('AUTO', 'MANUAL')),
      has_config_drive boolean NOT NULL DEFAULT false,
      locked_by text CONSTRAINT server_locked_by CHECK (locked_by IN ('owner', 'admin')),
      locked_reason text,
      fault jsonb,
      trusted_certificates text[],
      reservation_id text NOT NULL,
      launch_index integer NOT NULL DEFAULT 0,
      group_id uuid CONSTRAINT server_group_id REFERENCES server_group (id) ON DELETE SET NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      launched_at timestamptz,
      terminated_at timestamptz,
      deleted_at timestamptz,
      CONSTRAINT server_deleted CHECK ((state = 'deleted') = (deleted_at IS NOT NULL)),
      CONSTRAINT server_deleted_idle CHECK (state <> 'deleted' OR task IS NULL)
    );
    CREATE INDEX server_project ON server (project_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
    CREATE INDEX server_recent ON server (created_at DESC, id DESC) WHERE deleted_at IS NULL;
    CREATE INDEX server_host ON server (host) WHERE deleted_at IS NULL;
    CREATE INDEX server_group_member ON server (group_id) WHERE deleted_at IS NULL AND group_id IS NOT NULL;
    CREATE INDEX server_changed ON server (updated_at);

    CREATE TABLE server_request (
      server_id uuid CONSTRAINT server_request_pkey PRIMARY KEY CONSTRAINT server_request_server REFERENCES server (id) ON DELETE CASCADE,
      user_data text,
      public_key text,
      files jsonb NOT NULL DEFAULT '[]',
      nics jsonb NOT NULL,
      nic_count integer NOT NULL,
      security_group_ids text[] NOT NULL DEFAULT '{}',
      hints jsonb NOT NULL DEFAULT '{}',
      host text,
      node text
    );

    CREATE TABLE server_nic (
      port_id uuid CONSTRAINT server_nic_pkey PRIMARY KEY,
      server_id uuid NOT NULL,
      revision bigint NOT NULL,
      is_gone boolean NOT NULL DEFAULT false,
      facts jsonb,
      addresses text[] NOT NULL DEFAULT '{}',
      tag text,
      position bigint GENERATED ALWAYS AS IDENTITY,
      CONSTRAINT server_nic_facts CHECK (is_gone OR facts IS NOT NULL)
    );
    CREATE INDEX server_nic_server ON server_nic (server_id, position);

    CREATE TABLE guest_observation (
      server_id uuid NOT NULL,
      host text NOT NULL,
      sequence bigint NOT NULL,
      generation integer NOT NULL,
      power text CONSTRAINT guest_observation_power CHECK (power IN ('running', 'paused', 'shutdown', 'crashed')),
      port_ids text[] NOT NULL DEFAULT '{}',
      observed_at timestamptz NOT NULL,
      failure jsonb,
      failed_generation integer,
      CONSTRAINT guest_observation_pkey PRIMARY KEY (server_id, host)
    );
    CREATE INDEX guest_observation_host ON guest_observation (host)`,
};

export const createSchedulingDecisions: Migration = {
  name: '0004-create-scheduling-decision',
  // The last decision about each server, with the reason for every host that was not chosen.
  up: `
    CREATE TABLE scheduling_decision (
      server_id uuid CONSTRAINT scheduling_decision_pkey PRIMARY KEY CONSTRAINT scheduling_decision_server REFERENCES server (id) ON DELETE CASCADE,
      decided_at timestamptz NOT NULL,
      explanation jsonb NOT NULL
    )`,
};
