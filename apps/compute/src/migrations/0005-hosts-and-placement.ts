import type { Migration } from '@virga/persistence';

export const createHosts: Migration = {
  name: '0005-create-host',
  // `host` is what hosts report about themselves, `host_setting` what operators want of them: one writer each.
  up: `
    CREATE TABLE host (
      name text CONSTRAINT host_pkey PRIMARY KEY,
      id uuid NOT NULL CONSTRAINT host_id UNIQUE,
      service_id uuid NOT NULL CONSTRAINT host_service_id UNIQUE,
      number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT host_number UNIQUE,
      sequence bigint NOT NULL,
      availability_zone text NOT NULL,
      agent_version text NOT NULL,
      resources jsonb NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      last_seen_at timestamptz NOT NULL
    );
    CREATE TABLE host_setting (
      host text CONSTRAINT host_setting_pkey PRIMARY KEY CONSTRAINT host_setting_host REFERENCES host (name) ON DELETE CASCADE,
      is_disabled boolean NOT NULL DEFAULT false,
      disabled_reason text,
      is_forced_down boolean NOT NULL DEFAULT false,
      updated_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE aggregate (
      id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT aggregate_pkey PRIMARY KEY,
      uuid uuid NOT NULL CONSTRAINT aggregate_uuid UNIQUE,
      name text NOT NULL CONSTRAINT aggregate_name UNIQUE,
      metadata jsonb NOT NULL DEFAULT '{}',
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz
    );
    CREATE TABLE aggregate_host (
      aggregate_id integer NOT NULL CONSTRAINT aggregate_host_aggregate REFERENCES aggregate (id) ON DELETE CASCADE,
      host text NOT NULL,
      CONSTRAINT aggregate_host_pkey PRIMARY KEY (aggregate_id, host)
    );
    CREATE INDEX aggregate_host_host ON aggregate_host (host)`,
};

export const createPlacement: Migration = {
  name: '0006-create-placement',
  // Placement's model. Nothing here is a sum: what a provider has left is counted from its allocations, under a lock of the
  // provider's row, by whoever wants to claim.
  up: `
    CREATE TABLE resource_provider (
      uuid uuid CONSTRAINT resource_provider_pkey PRIMARY KEY,
      name text NOT NULL CONSTRAINT resource_provider_name UNIQUE,
      generation integer NOT NULL DEFAULT 0,
      parent_uuid uuid CONSTRAINT resource_provider_parent REFERENCES resource_provider (uuid),
      root_uuid uuid NOT NULL CONSTRAINT resource_provider_root REFERENCES resource_provider (uuid),
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX resource_provider_root_uuid ON resource_provider (root_uuid);
    CREATE TABLE inventory (
      provider_uuid uuid NOT NULL CONSTRAINT inventory_provider REFERENCES resource_provider (uuid) ON DELETE CASCADE,
      resource_class text NOT NULL,
      total integer NOT NULL CONSTRAINT inventory_total CHECK (total > 0),
      reserved integer NOT NULL DEFAULT 0 CONSTRAINT inventory_reserved CHECK (reserved >= 0),
      min_unit integer NOT NULL DEFAULT 1,
      max_unit integer NOT NULL DEFAULT 2147483647,
      step_size integer NOT NULL DEFAULT 1,
      allocation_ratio double precision NOT NULL DEFAULT 1,
      CONSTRAINT inventory_pkey PRIMARY KEY (provider_uuid, resource_class)
    );
    CREATE TABLE consumer (
      uuid uuid CONSTRAINT consumer_pkey PRIMARY KEY,
      project_id text NOT NULL,
      user_id text NOT NULL,
      type text NOT NULL DEFAULT 'INSTANCE',
      generation integer NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX consumer_project ON consumer (project_id, user_id);
    CREATE TABLE allocation (
      consumer_uuid uuid NOT NULL CONSTRAINT allocation_consumer REFERENCES consumer (uuid) ON DELETE CASCADE,
      provider_uuid uuid NOT NULL,
      resource_class text NOT NULL,
      used integer NOT NULL CONSTRAINT allocation_used CHECK (used > 0),
      created_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT allocation_pkey PRIMARY KEY (consumer_uuid, provider_uuid, resource_class),
      CONSTRAINT allocation_inventory FOREIGN KEY (provider_uuid, resource_class) REFERENCES inventory (provider_uuid, resource_class)
    );
    CREATE INDEX allocation_provider ON allocation (provider_uuid, resource_class);
    CREATE TABLE resource_class (name text CONSTRAINT resource_class_pkey PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE trait (name text CONSTRAINT trait_pkey PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE provider_trait (
      provider_uuid uuid NOT NULL CONSTRAINT provider_trait_provider REFERENCES resource_provider (uuid) ON DELETE CASCADE,
      trait text NOT NULL CONSTRAINT provider_trait_trait REFERENCES trait (name),
      CONSTRAINT provider_trait_pkey PRIMARY KEY (provider_uuid, trait)
    );
    CREATE INDEX provider_trait_name ON provider_trait (trait);
    CREATE TABLE provider_aggregate (
      provider_uuid uuid NOT NULL CONSTRAINT provider_aggregate_provider REFERENCES resource_provider (uuid) ON DELETE CASCADE,
      aggregate_uuid uuid NOT NULL,
      CONSTRAINT provider_aggregate_pkey PRIMARY KEY (provider_uuid, aggregate_uuid)
    );
    CREATE INDEX provider_aggregate_aggregate ON provider_aggregate (aggregate_uuid)`,
};
