import type { Migration } from '@virga/persistence';

export const leavingAttachments: Migration = {
  name: '0200-attachment-leaving',
  // What is to go for good is told apart from what is only disconnected, or about to be detached by its server.
  up: `
    ALTER TABLE attachment ADD COLUMN IF NOT EXISTS is_leaving boolean NOT NULL DEFAULT false;
    CREATE INDEX IF NOT EXISTS attachment_gone ON attachment (detached_at) WHERE state = 'deleted';
    CREATE UNIQUE INDEX IF NOT EXISTS attachment_once_per_server ON attachment (volume_id, server_id) WHERE state <> 'deleted' AND owner = 'compute'`,
};

export const forgottenAttachments: Migration = {
  name: '0201-attachment-forgotten',
  // Attachments that are gone are remembered no longer than their volume.
  up: `
    ALTER TABLE attachment DROP CONSTRAINT attachment_volume;
    ALTER TABLE attachment ADD CONSTRAINT attachment_volume FOREIGN KEY (volume_id) REFERENCES volume (id) ON DELETE CASCADE`,
};
