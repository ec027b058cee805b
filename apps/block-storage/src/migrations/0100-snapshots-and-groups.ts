import type { Migration } from '@virga/persistence';

export const extendSnapshots: Migration = {
  name: '0100-extend-snapshot',
  // A snapshot keeps what its volume was like: the volume may change its type, or stop being bootable, afterwards. Snapshots from before
  // take both from their volume as it is. What is unmanaged stays on its backend and is nobody's leftover.
  up: `
    ALTER TABLE snapshot ADD COLUMN IF NOT EXISTS type_id uuid CONSTRAINT snapshot_type REFERENCES volume_type (id),
      ADD COLUMN IF NOT EXISTS image_metadata jsonb, ADD COLUMN IF NOT EXISTS is_bootable boolean NOT NULL DEFAULT false;
    UPDATE snapshot s SET type_id = v.type_id, image_metadata = v.image_metadata, is_bootable = v.is_bootable FROM volume v WHERE v.id = s.volume_id AND s.type_id IS NULL;
    ALTER TABLE snapshot ALTER COLUMN type_id SET NOT NULL;
    CREATE INDEX snapshot_of_type ON snapshot (type_id) WHERE deleted_at IS NULL;
    CREATE INDEX snapshot_of_group_snapshot ON snapshot (group_snapshot_id) WHERE deleted_at IS NULL AND group_snapshot_id IS NOT NULL;
    CREATE TABLE unmanaged_snapshot (
      id uuid CONSTRAINT unmanaged_snapshot_pkey PRIMARY KEY,
      volume_id uuid NOT NULL,
      backend text NOT NULL CONSTRAINT unmanaged_snapshot_backend REFERENCES backend (name),
      size_gibibytes integer NOT NULL,
      key_id uuid CONSTRAINT unmanaged_snapshot_key REFERENCES volume_key (id),
      generation integer NOT NULL,
      is_bootable boolean NOT NULL,
      image_metadata jsonb,
      unmanaged_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX unmanaged_snapshot_on_backend ON unmanaged_snapshot (backend)`,
};

export const createGroups: Migration = {
  name: '0101-create-volume-group',
  // Groups and group snapshots that are gone leave no row: what was in them remembers.
  up: `
    CREATE TABLE group_type (
      id uuid CONSTRAINT group_type_pkey PRIMARY KEY,
      name text NOT NULL CONSTRAINT group_type_name UNIQUE,
      description text,
      is_public boolean NOT NULL DEFAULT true,
      specs jsonb NOT NULL DEFAULT '{}',
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz
    );
    CREATE TABLE volume_group (
      id uuid CONSTRAINT volume_group_pkey PRIMARY KEY,
      project_id text NOT NULL,
      user_id text NOT NULL,
      name text,
      description text,
      status text NOT NULL,
      group_type_id uuid NOT NULL CONSTRAINT volume_group_type REFERENCES group_type (id),
      availability_zone text,
      group_snapshot_id uuid,
      source_group_id uuid,
      replication_status text NOT NULL DEFAULT 'disabled',
      revision integer NOT NULL DEFAULT 1,
      fault jsonb,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz
    );
    CREATE INDEX volume_group_project ON volume_group (project_id, created_at DESC, id DESC);
    CREATE INDEX volume_group_of_type ON volume_group (group_type_id);
    CREATE TABLE volume_group_volume_type (
      group_id uuid NOT NULL CONSTRAINT volume_group_volume_type_group REFERENCES volume_group (id) ON DELETE CASCADE,
      type_id uuid NOT NULL CONSTRAINT volume_group_volume_type_type REFERENCES volume_type (id),
      CONSTRAINT volume_group_volume_type_pkey PRIMARY KEY (group_id, type_id)
    );
    CREATE INDEX volume_group_volume_type_groups ON volume_group_volume_type (type_id);
    CREATE TABLE group_snapshot (
      id uuid CONSTRAINT group_snapshot_pkey PRIMARY KEY,
      project_id text NOT NULL,
      user_id text NOT NULL,
      group_id uuid NOT NULL CONSTRAINT group_snapshot_group REFERENCES volume_group (id),
      group_type_id uuid NOT NULL CONSTRAINT group_snapshot_type REFERENCES group_type (id),
      name text,
      description text,
      status text NOT NULL,
      revision integer NOT NULL DEFAULT 1,
      fault jsonb,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz
    );
    CREATE INDEX group_snapshot_project ON group_snapshot (project_id, created_at DESC, id DESC);
    CREATE INDEX group_snapshot_of_group ON group_snapshot (group_id)`,
};
