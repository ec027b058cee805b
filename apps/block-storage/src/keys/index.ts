export { VOLUME_KEYS } from './key-wrapping.js';
export { VOLUME_KEY_SECRETS, VolumeKeys } from './volume-keys.js';
export { STORAGE_SECRET } from './volume-keys.service.js';
export { KeysModule } from './keys.module.js';
