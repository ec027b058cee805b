import type { Migration } from '@virga/persistence';

export const createBackends: Migration = {
  name: '0001-create-backend',
  // Named as the API names them: `HOST@BACKEND`. What the storage host reports and what operators want of it are columns of
  // one row, because every use of a backend asks for both.
  up: `
    CREATE TABLE backend (
      name text CONSTRAINT backend_pkey PRIMARY KEY,
      id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT backend_id UNIQUE,
      host text NOT NULL,
      backend text NOT NULL,
      kind text NOT NULL,
      availability_zone text NOT NULL,
      agent_version text NOT NULL,
      is_enabled boolean NOT NULL DEFAULT true,
      disabled_reason text,
      is_frozen boolean NOT NULL DEFAULT false,
      replication_status text NOT NULL DEFAULT 'disabled',
      active_backend_id text,
      total_bytes bigint NOT NULL,
      free_bytes bigint NOT NULL,
      provisioned_bytes bigint NOT NULL,
      is_available boolean NOT NULL,
      capabilities jsonb NOT NULL,
      reserved_percentage integer NOT NULL DEFAULT 0 CONSTRAINT backend_reserved_percentage CHECK (reserved_percentage BETWEEN 0 AND 100),
      max_over_subscription_ratio double precision NOT NULL DEFAULT 20 CONSTRAINT backend_over_subscription CHECK (max_over_subscription_ratio >= 1),
      sequence bigint NOT NULL,
      seen_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT backend_host_backend UNIQUE (host, backend)
    )`,
};

export const createTypes: Migration = {
  name: '0002-create-volume-type',
  // A deleted type keeps its row as long as volumes of it are remembered; its name is free again.
  up: `
    CREATE TABLE qos_specs (
      id uuid CONSTRAINT qos_specs_pkey PRIMARY KEY,
      name text NOT NULL CONSTRAINT qos_specs_name UNIQUE,
      consumer text NOT NULL CONSTRAINT qos_specs_consumer CHECK (consumer IN ('front-end', 'back-end', 'both')),
      specs jsonb NOT NULL DEFAULT '{}',
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz
    );
    CREATE TABLE volume_type (
      id uuid CONSTRAINT volume_type_pkey PRIMARY KEY,
      name text NOT NULL,
      description text,
      is_public boolean NOT NULL DEFAULT true,
      extra_specs jsonb NOT NULL DEFAULT '{}',
      qos_specs_id uuid CONSTRAINT volume_type_qos_specs REFERENCES qos_specs (id),
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz,
      deleted_at timestamptz
    );
    CREATE UNIQUE INDEX volume_type_name ON volume_type (name) WHERE deleted_at IS NULL;
    CREATE TABLE volume_type_access (
      type_id uuid NOT NULL CONSTRAINT volume_type_access_type REFERENCES volume_type (id) ON DELETE CASCADE,
      project_id text NOT NULL,
      CONSTRAINT volume_type_access_pkey PRIMARY KEY (type_id, project_id)
    );
    CREATE INDEX volume_type_access_project ON volume_type_access (project_id);
    CREATE TABLE volume_type_encryption (
      type_id uuid CONSTRAINT volume_type_encryption_pkey PRIMARY KEY CONSTRAINT volume_type_encryption_type REFERENCES volume_type (id) ON DELETE CASCADE,
      encryption_id uuid NOT NULL CONSTRAINT volume_type_encryption_id UNIQUE,
      provider text NOT NULL,
      cipher text,
      key_size integer,
      control_location text NOT NULL CONSTRAINT volume_type_encryption_location CHECK (control_location IN ('front-end', 'back-end')),
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz
    );
    CREATE TABLE default_volume_type (
      project_id text CONSTRAINT default_volume_type_pkey PRIMARY KEY,
      type_id uuid NOT NULL CONSTRAINT default_volume_type_type REFERENCES volume_type (id) ON DELETE CASCADE,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    INSERT INTO volume_type (id, name, description) VALUES (gen_random_uuid(), '__DEFAULT__', 'Default Volume Type')`,
};
