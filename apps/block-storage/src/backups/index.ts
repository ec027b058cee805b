export { BACKUP_SETTINGS, type BackupSettings } from './backup-places.js';
export { BackupsModule } from './backups.module.js';
export { BackupsRepository } from './backups.repository.js';
export { BackupRow } from './backup.row.js';
export { CreateBackups, type BackupWish } from './create-backups.js';
export { backupSettled, type Backup, type BackupId } from './backup.js';
export { BackupActions } from './backup-actions.js';
