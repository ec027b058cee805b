import type { Migration } from '@virga/persistence';

export const createBackups: Migration = {
  name: '0600-create-backup',
  // A backup holds the differences to its parent. A point is a snapshot that nobody made but a backup: the next incremental one is told by it what
  // changed since. The newest point of a volume is kept, those before it are unwanted and are removed behind everybody's back.
  up: `
    CREATE TABLE backup (
      id uuid CONSTRAINT backup_pkey PRIMARY KEY,
      project_id text NOT NULL,
      user_id text NOT NULL,
      volume_id uuid NOT NULL,
      snapshot_id uuid,
      parent_id uuid CONSTRAINT backup_parent REFERENCES backup (id),
      point_id uuid,
      name text,
      description text,
      status text NOT NULL,
      size_gibibytes integer NOT NULL,
      place text NOT NULL CONSTRAINT backup_place CHECK (place IN ('objects', 'directory')),
      container text,
      prefix text NOT NULL,
      backend text NOT NULL,
      availability_zone text,
      object_count integer NOT NULL DEFAULT 0,
      stored_bytes bigint NOT NULL DEFAULT 0,
      key_id uuid CONSTRAINT backup_key REFERENCES volume_key (id),
      is_bootable boolean NOT NULL DEFAULT false,
      image_metadata jsonb,
      metadata jsonb NOT NULL DEFAULT '{}',
      restore_volume_id uuid,
      fault jsonb,
      generation integer NOT NULL DEFAULT 1,
      revision integer NOT NULL DEFAULT 1,
      data_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz,
      deleted_at timestamptz,
      CONSTRAINT backup_deleted CHECK ((status = 'deleted') = (deleted_at IS NOT NULL))
    );
    CREATE INDEX backup_project ON backup (project_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
    CREATE INDEX backup_recent ON backup (created_at DESC, id DESC) WHERE deleted_at IS NULL;
    CREATE INDEX backup_of_volume ON backup (volume_id, created_at DESC) WHERE deleted_at IS NULL;
    CREATE INDEX backup_children ON backup (parent_id) WHERE deleted_at IS NULL AND parent_id IS NOT NULL;
    CREATE INDEX backup_with_key ON backup (key_id) WHERE key_id IS NOT NULL;
    CREATE INDEX backup_gone ON backup (deleted_at) WHERE deleted_at IS NOT NULL;

    CREATE TABLE backup_point (
      id uuid CONSTRAINT backup_point_pkey PRIMARY KEY,
      volume_id uuid NOT NULL,
      backend text NOT NULL CONSTRAINT backup_point_backend REFERENCES backend (name),
      generation integer NOT NULL DEFAULT 1,
      is_wanted boolean NOT NULL DEFAULT true,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX backup_point_of_volume ON backup_point (volume_id);
    CREATE INDEX backup_point_unwanted ON backup_point (created_at) WHERE NOT is_wanted;`,
};
