import type { Migration } from '@virga/persistence';

export const createTransfers: Migration = {
  name: '0300-create-transfer',
  // Of the key that opens a transfer only a salted hash is kept. An accepted or withdrawn transfer keeps its row: who gave what
  // to whom is history. A volume is offered once at a time.
  up: `
    CREATE TABLE transfer (
      id uuid CONSTRAINT transfer_pkey PRIMARY KEY,
      volume_id uuid NOT NULL CONSTRAINT transfer_volume REFERENCES volume (id) ON DELETE CASCADE,
      name text,
      salt bytea NOT NULL,
      key_hash bytea NOT NULL,
      leaves_snapshots boolean NOT NULL,
      source_project_id text NOT NULL,
      destination_project_id text,
      is_accepted boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT now(),
      ended_at timestamptz
    );
    CREATE UNIQUE INDEX transfer_one_per_volume ON transfer (volume_id) WHERE ended_at IS NULL;
    CREATE INDEX transfer_project ON transfer (source_project_id, created_at, id) WHERE ended_at IS NULL`,
};
