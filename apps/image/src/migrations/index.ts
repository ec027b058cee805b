import type { Migration } from '@virga/persistence';

/** The schema `image`, in order; forward only. */
export const imageMigrations: readonly Migration[] = [
  {
    name: '0001-create-image',
    // A deleted image keeps its row: its id is never given out again, and a late request finds out that it is gone.
    up: `
      CREATE TABLE image (
        id text PRIMARY KEY,
        name text,
        status text NOT NULL CHECK (status IN ('queued', 'saving', 'active', 'deactivated', 'deleted')),
        visibility text NOT NULL CHECK (visibility IN ('public', 'private', 'shared', 'community')),
        owner_id text,
        is_protected boolean NOT NULL DEFAULT false,
        is_hidden boolean NOT NULL DEFAULT false,
        disk_format text,
        container_format text,
        min_disk integer NOT NULL DEFAULT 0,
        min_ram integer NOT NULL DEFAULT 0,
        size_bytes bigint,
        virtual_size_bytes bigint,
        md5 text,
        sha512 text,
        location text UNIQUE,
        properties jsonb NOT NULL DEFAULT '{}',
        tags text[] NOT NULL DEFAULT '{}',
        upload_id text,
        upload_lease_until timestamptz,
        revision integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT image_saving_has_lease CHECK ((status = 'saving') = (upload_lease_until IS NOT NULL)),
        CONSTRAINT image_active_has_bytes CHECK (status NOT IN ('active', 'deactivated') OR location IS NOT NULL)
      );
      CREATE INDEX image_created_at ON image (created_at, id) WHERE status <> 'deleted';
      CREATE INDEX image_owner ON image (owner_id) WHERE status <> 'deleted';
      CREATE INDEX image_saving ON image (upload_lease_until) WHERE status = 'saving';`,
  },
  {
    name: '0002-create-image-member',
    up: `
      CREATE TABLE image_member (
        image_id text NOT NULL REFERENCES image (id),
        member_id text NOT NULL,
        status text NOT NULL CHECK (status IN ('pending', 'accepted', 'rejected')),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT image_member_pkey PRIMARY KEY (image_id, member_id)
      );
      CREATE INDEX image_member_member ON image_member (member_id, image_id);`,
  },
  {
    name: '0003-create-discarded-blob',
    // Written in the transaction that lets go of the bytes: the collector removes them even if the process dies right after.
    up: `CREATE TABLE discarded_blob (location text PRIMARY KEY, discarded_at timestamptz NOT NULL DEFAULT now())`,
  },
  {
    name: '0004-add-upload-worker',
    // The process that takes an upload: what it was saving when it died is given back at once.
    up: 'ALTER TABLE image ADD COLUMN worker text',
  },
];
