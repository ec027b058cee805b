export { useObjectStorage, type ObjectStorageScene, type SceneOptions } from './use-object-storage.js';
export { personaKey } from './persona-keys.js';
