import type { Migration } from '@virga/persistence';

export const addVolumeMetadata: Migration = {
  name: '0601-backup-volume-metadata',
  // Null: a backup from before this, of which nobody knows it any more.
  up: 'ALTER TABLE backup ADD COLUMN volume_metadata jsonb',
};
