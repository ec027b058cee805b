export { placeOf, type BackupPlace } from './backup-place.js';
export { BackupWriter, type BackupRequest } from './write-backup.js';
export { restoreBackup, type RestoreRequest } from './restore-backup.js';
export { removeBackup } from './remove-backup.js';
