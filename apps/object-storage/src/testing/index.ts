export { useObjectStorage, type ObjectStorageScene, type SceneOptions } from './use-object-storage.js';
export { personaKey, personaKeys } from './persona-keys.js';
