import type { Migration } from '@virga/persistence';

export const createVolumeMigrations: Migration = {
  name: '0301-create-volume-migration',
  // A volume's way from one backend to another. Its id names the task that copies, and the export that is copied from.
  up: `
    CREATE TABLE volume_migration (
      id uuid CONSTRAINT volume_migration_pkey PRIMARY KEY,
      volume_id uuid NOT NULL CONSTRAINT volume_migration_volume REFERENCES volume (id) ON DELETE CASCADE,
      source_backend text NOT NULL CONSTRAINT volume_migration_source REFERENCES backend (name),
      target_backend text CONSTRAINT volume_migration_target REFERENCES backend (name),
      type_id uuid CONSTRAINT volume_migration_type REFERENCES volume_type (id),
      created_at timestamptz NOT NULL DEFAULT now(),
      ended_at timestamptz,
      has_moved boolean NOT NULL DEFAULT false
    );
    CREATE INDEX volume_migration_of_volume ON volume_migration (volume_id) WHERE ended_at IS NULL;
    CREATE INDEX volume_migration_to_target ON volume_migration (target_backend) WHERE ended_at IS NULL`,
};
