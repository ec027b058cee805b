export { ManageableModule } from './manageable.module.js';
export { UnmanagedVolumeRow } from './unmanaged-volume.row.js';
