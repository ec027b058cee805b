import type { Migration } from '@virga/persistence';

export const addVolumeMetadata: Migration = {
  name: '0601-backup-volume-metadata',
  // Null: a backup from before this, of which nobody knows it any more.
  up: 'ALTER TABLE backup ADD COLUMN volume_metadata jsonb',
};

export const findBackupsByPrefix: Migration = {
  name: '0602-backup-by-prefix',
  // Deletion looks for others that are read from the same bytes.
  up: 'CREATE INDEX backup_by_prefix ON backup (prefix)',
};
