import type { Migration } from '@virga/persistence';

export const createFlavors: Migration = {
  name: '0001-create-flavor',
  // Servers copy what they need of a flavor: deleting one deletes the row.
  up: `
    CREATE TABLE flavor (
      flavor_id text CONSTRAINT flavor_pkey PRIMARY KEY,
      name text NOT NULL CONSTRAINT flavor_name UNIQUE,
      vcpus integer NOT NULL CONSTRAINT flavor_vcpus CHECK (vcpus > 0),
      memory_mebibytes integer NOT NULL CONSTRAINT flavor_memory CHECK (memory_mebibytes > 0),
      root_gibibytes integer NOT NULL CONSTRAINT flavor_root CHECK (root_gibibytes >= 0),
      ephemeral_gibibytes integer NOT NULL DEFAULT 0 CONSTRAINT flavor_ephemeral CHECK (ephemeral_gibibytes >= 0),
      swap_mebibytes integer NOT NULL DEFAULT 0 CONSTRAINT flavor_swap CHECK (swap_mebibytes >= 0),
      rxtx_factor double precision NOT NULL DEFAULT 1,
      is_public boolean NOT NULL DEFAULT true,
      is_disabled boolean NOT NULL DEFAULT false,
      description text,
      extra_specs jsonb NOT NULL DEFAULT '{}',
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz
    );
    CREATE TABLE flavor_access (
      flavor_id text NOT NULL CONSTRAINT flavor_access_flavor REFERENCES flavor (flavor_id) ON DELETE CASCADE,
      project_id text NOT NULL,
      CONSTRAINT flavor_access_pkey PRIMARY KEY (flavor_id, project_id)
    )`,
};

export const createKeypairs: Migration = {
  name: '0002-create-keypair',
  // Servers copy the public key: a key pair may go while they run.
  up: `
    CREATE TABLE keypair (
      id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT keypair_id UNIQUE,
      user_id text NOT NULL,
      name text NOT NULL,
      type text NOT NULL CONSTRAINT keypair_type CHECK (type IN ('ssh', 'x509')),
      public_key text NOT NULL,
      fingerprint text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT keypair_user_id_name PRIMARY KEY (user_id, name)
    )`,
};
