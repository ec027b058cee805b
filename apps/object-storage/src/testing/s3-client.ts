import { S3Client } from '@aws-sdk/client-s3';
import { systemClock } from '@virga/kernel';
import type { Persona } from '@virga/testing';
import { personaKey } from './persona-keys.js';
import type { ObjectStorageScene } from './use-object-storage.js';

/** Amazon's own client, as a persona or (absent) as nobody, always on the scene's clock. */
export function s3Client(storage: ObjectStorageScene, persona?: Persona): S3Client {
  const client = new S3Client({
    endpoint: storage.url, region: 'RegionOne', forcePathStyle: true, maxAttempts: 1,
    credentials: persona === undefined ? { accessKeyId: '', secretAccessKey: '' } : personaKey(persona),
    ...(persona === undefined && { signer: { sign: async (request) => request } }),
  });
  // The client would believe the Date of answers, which is the real one.
  return Object.assign(client, {
    config: Object.defineProperty(client.config, 'systemClockOffset', { get: () => storage.clock.now() - systemClock.now(), set: () => undefined }),
  });
}
