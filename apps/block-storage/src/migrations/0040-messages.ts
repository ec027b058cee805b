import type { Migration } from '@virga/persistence';

export const createMessages: Migration = {
  name: '0040-create-message',
  up: `
    CREATE TABLE message (
      id uuid CONSTRAINT message_pkey PRIMARY KEY,
      project_id text NOT NULL,
      request_id text NOT NULL,
      resource_type text NOT NULL,
      resource_uuid uuid,
      event_id text NOT NULL,
      level text NOT NULL DEFAULT 'ERROR',
      text text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL
    );
    CREATE INDEX message_project ON message (project_id, created_at DESC, id DESC);
    CREATE INDEX message_recent ON message (created_at DESC, id DESC);
    CREATE INDEX message_expires ON message (expires_at)`,
};
