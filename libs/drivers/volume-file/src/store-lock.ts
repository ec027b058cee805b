import { stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { unavailable } from './failures.js';

/**
 * How long a killed predecessor's own children, forked and not yet become another program, may still hold what it held.
 *
 * Too low: the process that takes over fails where it could have begun. Too high: a second process waits before it is told
 * that there is a first.
 */
const LETS_GO_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 50;

/**
 * Keeps every other process out of a store until the answered function is called or this process ends, however it ends:
 * the kernel lets go of an abstract socket with its process, and no file can be left behind that lies.
 */
export async function holdStore(directory: string, signal: AbortSignal): Promise<() => Promise<void>> {
  const { dev, ino } = await stat(directory);
  const name = `\0virga-volumes-${dev}-${ino}`;
  const deadline = AbortSignal.timeout(LETS_GO_WITHIN_MS);
  for (;;) {
    signal.throwIfAborted();
    const server = await listening(name);
    if (server) return () => new Promise((resolve) => { server.close(() => resolve()); });
    if (deadline.aborted) throw unavailable(`another process has the store ${directory}`);
    await pause(LOOK_EVERY_MS);
  }
}

/** Undefined where the name is taken. */
function listening(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((visitor) => visitor.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(unavailable(error));
    });
    server.listen(name, () => {
      server.unref();
      resolve(server);
    });
  });
}
