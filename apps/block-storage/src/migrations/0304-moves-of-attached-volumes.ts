import type { Migration } from '@virga/persistence';

export const leadElsewhere: Migration = {
  name: '0304-lead-elsewhere',
  // While a volume that a server uses moves it has a copy on another backend, to which an attachment leads that nobody sees. When the server's guest has gone on
  // with the copy, the volume is there, and the attachment that led to the old place is the one that nobody sees, until it is gone.
  up: `
    ALTER TABLE attachment ADD COLUMN backend text CONSTRAINT attachment_backend REFERENCES backend (name);
    DROP INDEX attachment_once_per_server;
    CREATE UNIQUE INDEX attachment_once_per_server ON attachment (volume_id, server_id) WHERE state <> 'deleted' AND owner = 'compute' AND backend IS NULL`,
};
