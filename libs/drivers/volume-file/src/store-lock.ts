import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { unavailable } from './failures.js';

/**
 * Keeps every other process out of a store until the answered function is called or this process ends, however it ends:
 * the kernel lets go of an abstract socket with its process, and no file can be left behind that lies.
 */
export async function holdStore(directory: string): Promise<() => Promise<void>> {
  const { dev, ino } = await stat(directory);
  const server = createServer((visitor) => visitor.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(unavailable(error)));
    server.listen(`\0virga-volumes-${dev}-${ino}`, resolve);
  });
  server.unref();
  return () => new Promise((resolve) => { server.close(() => resolve()); });
}
