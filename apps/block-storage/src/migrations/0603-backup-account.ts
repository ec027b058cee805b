import type { Migration } from '@virga/persistence';

export const addBackupAccount: Migration = {
  name: '0603-backup-account',
  // Null: the backup's own project's, as for all from before this.
  up: 'ALTER TABLE backup ADD COLUMN account_project_id text',
};
