export { useObjectStorage, type ObjectStorageScene, type SceneOptions } from './use-object-storage.js';
export { DirectoryStore } from './directory-store.js';
export { personaKey } from './persona-keys.js';
export { s3Client } from './s3-client.js';
