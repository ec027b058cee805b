import type { Migration } from '@virga/persistence';
import { listingFunctions } from './listing-functions.js';

/**
 * The schema `object_storage`, in order; forward only.
 *
 * Moments of objects, containers and accounts are bigint microseconds, because versions and ETags of lists are made of them
 * and a Date has only milliseconds. Names are compared as bytes.
 */
export const objectStorageMigrations: readonly Migration[] = [
  {
    name: '0001-create-containers',
    up: `
      CREATE TABLE account (
        name text COLLATE "C" PRIMARY KEY,
        project_id text NOT NULL,
        metadata jsonb NOT NULL DEFAULT '{}',
        sealed bytea,
        created_at bigint NOT NULL,
        changed_at bigint NOT NULL
      );
      CREATE TABLE container (
        id uuid PRIMARY KEY,
        account text COLLATE "C" NOT NULL REFERENCES account (name),
        name text COLLATE "C" NOT NULL,
        storage_policy text NOT NULL,
        metadata jsonb NOT NULL DEFAULT '{}',
        sealed bytea,
        settings jsonb NOT NULL DEFAULT '{}',
        object_count bigint NOT NULL DEFAULT 0 CHECK (object_count >= 0),
        bytes_used bigint NOT NULL DEFAULT 0 CHECK (bytes_used >= 0),
        created_at bigint NOT NULL,
        changed_at bigint NOT NULL,
        CONSTRAINT container_account_name UNIQUE (account, name)
      ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
      CREATE TABLE bucket (
        name text COLLATE "C" PRIMARY KEY,
        container_id uuid NOT NULL UNIQUE REFERENCES container (id) ON DELETE CASCADE
      );`,
  },
  {
    name: '0002-create-blob',
    // A blob's own key is sealed under a root key; a root key under the installation's master key.
    up: `
      CREATE TABLE root_key (
        id integer PRIMARY KEY,
        sealed bytea NOT NULL,
        created_at timestamptz NOT NULL
      );
      CREATE TABLE blob (
        id uuid PRIMARY KEY,
        store text NOT NULL,
        location text COLLATE "C" NOT NULL,
        segment text COLLATE "C",
        size_bytes bigint NOT NULL,
        crc32 bigint NOT NULL,
        key_id integer REFERENCES root_key (id),
        sealed_key bytea,
        created_at timestamptz NOT NULL,
        released_at timestamptz,
        verified_at timestamptz NOT NULL,
        verdict text CHECK (verdict IN ('damaged', 'missing')),
        CONSTRAINT blob_location UNIQUE (store, location)
      );
      CREATE INDEX blob_segment ON blob (store, segment) INCLUDE (size_bytes) WHERE segment IS NOT NULL;
      CREATE INDEX blob_released ON blob (released_at) WHERE released_at IS NOT NULL;
      CREATE INDEX blob_verified ON blob (verified_at) WHERE released_at IS NULL;
      CREATE INDEX blob_hurt ON blob (id) WHERE verdict IS NOT NULL;
      CREATE TABLE emptied_segment (
        store text NOT NULL,
        segment text COLLATE "C" NOT NULL,
        emptied_at timestamptz NOT NULL,
        PRIMARY KEY (store, segment)
      );`,
  },
  {
    name: '0003-create-object',
    // is_current: the newest of its name, a delete marker too. The index of visible objects serves listings; the one of versions the rest.
    up: `
      CREATE TABLE object (
        id uuid PRIMARY KEY,
        container_id uuid NOT NULL REFERENCES container (id),
        name text COLLATE "C" NOT NULL,
        version bigint NOT NULL,
        is_null_version boolean NOT NULL,
        is_current boolean NOT NULL,
        is_delete_marker boolean NOT NULL,
        size_bytes bigint NOT NULL,
        etag text NOT NULL,
        content_type text NOT NULL,
        metadata jsonb NOT NULL,
        settings jsonb NOT NULL,
        blob_id uuid REFERENCES blob (id),
        modified_at bigint NOT NULL,
        expires_at bigint
      );
      CREATE UNIQUE INDEX object_version ON object (container_id, name, version DESC);
      CREATE UNIQUE INDEX object_visible ON object (container_id, name) WHERE is_current AND NOT is_delete_marker;
      CREATE INDEX object_blob ON object (blob_id);
      CREATE INDEX object_expiry ON object (expires_at) WHERE expires_at IS NOT NULL;
      CREATE TABLE object_part (
        object_id uuid NOT NULL REFERENCES object (id) ON DELETE CASCADE,
        number integer NOT NULL,
        blob_id uuid REFERENCES blob (id),
        size_bytes bigint NOT NULL,
        etag text NOT NULL,
        CONSTRAINT object_part_pkey PRIMARY KEY (object_id, number)
      );
      CREATE INDEX object_part_blob ON object_part (blob_id);`,
  },
  {
    name: '0004-create-upload',
    up: `
      CREATE TABLE upload (
        id uuid PRIMARY KEY,
        container_id uuid NOT NULL REFERENCES container (id),
        name text COLLATE "C" NOT NULL,
        content_type text NOT NULL,
        metadata jsonb NOT NULL,
        settings jsonb NOT NULL,
        initiated_at bigint NOT NULL
      );
      CREATE INDEX upload_name ON upload (container_id, name, initiated_at, id);
      CREATE TABLE upload_part (
        upload_id uuid NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
        number integer NOT NULL,
        blob_id uuid REFERENCES blob (id),
        size_bytes bigint NOT NULL,
        etag text NOT NULL,
        modified_at bigint NOT NULL,
        CONSTRAINT upload_part_pkey PRIMARY KEY (upload_id, number)
      );
      CREATE INDEX upload_part_blob ON upload_part (blob_id);`,
  },
  { name: '0005-create-listing-functions', up: listingFunctions },
  {
    name: '0006-add-part-checksums',
    // What a client said of a part's bytes, in base64; the algorithm stands in the upload's settings.
    up: 'ALTER TABLE upload_part ADD COLUMN checksum text;',
  },
  {
    name: '0007-create-sync-changes',
    // Names to be sent to where their container synchronizes to; written with the change itself.
    up: `
      CREATE TABLE sync_change (
        container_id uuid NOT NULL REFERENCES container (id) ON DELETE CASCADE,
        name text COLLATE "C" NOT NULL,
        changed_at bigint NOT NULL,
        due_at timestamptz NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        problem text,
        CONSTRAINT sync_change_pkey PRIMARY KEY (container_id, name)
      );
      CREATE INDEX sync_change_due ON sync_change (due_at);
      CREATE INDEX container_sync_fill ON container (id) WHERE settings ? 'syncFill';`,
  },
  {
    name: '0008-create-lifecycle-pass',
    // One row for each bucket with lifecycle rules: when it is gone through next, and how far the present pass has come.
    up: `
      CREATE TABLE lifecycle_pass (
        container_id uuid PRIMARY KEY REFERENCES container (id) ON DELETE CASCADE,
        due_at timestamptz NOT NULL,
        fence bigint NOT NULL DEFAULT 0,
        finished_name text COLLATE "C"
      );
      CREATE INDEX lifecycle_pass_due ON lifecycle_pass (due_at);`,
  },
];
