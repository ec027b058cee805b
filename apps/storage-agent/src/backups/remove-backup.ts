import { mapLimit } from '@virga/kernel';
import type { TaskContext, TaskOutcome } from '../tasks/index.js';
import type { BackupPlace } from './backup-place.js';
import { MANIFEST, MOST_MANIFEST_BYTES, objectName, parseManifest } from './manifest.js';

const AT_ONCE = 8;

/**
 * Leaves nothing of a backup in its place. The manifest, which is written before the first object, says how many there can be, and goes last:
 * a removal that was broken off finds it again.
 */
export async function removeBackup(place: BackupPlace, { signal, progress }: TaskContext): Promise<TaskOutcome> {
  const bytes = await place.get(MANIFEST, MOST_MANIFEST_BYTES, signal);
  if (bytes !== undefined) {
    const { objects } = parseManifest(bytes);
    let removed = 0;
    await mapLimit(Array.from({ length: objects }, (_, index) => objectName(index)), AT_ONCE, async (name) => {
      await place.remove(name, signal);
      progress(++removed / objects);
    });
  }
  await place.remove(MANIFEST, signal);
  return { sizeBytes: null, objects: null };
}
