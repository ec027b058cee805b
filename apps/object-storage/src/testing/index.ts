export { useObjectStorage, type ObjectStorageScene, type SceneOptions } from './use-object-storage.js';
export { personaIdentity, personaKey } from './persona-keys.js';
export { s3Client } from './s3-client.js';
