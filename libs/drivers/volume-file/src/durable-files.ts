import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

const UNFINISHED = '.new';

/** For `catch` after a read: a missing file is `undefined`, anything else is still thrown. */
export function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}

/** Whether the name is one that `writeDurably` leaves behind when its process dies. */
export const isUnfinished = (name: string): boolean => name.endsWith(UNFINISHED);

/** Replaces the file as a whole: a crash leaves the old content or the new one. */
export async function writeDurably(file: string, content: string): Promise<void> {
  const temporary = `${file}${UNFINISHED}`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  await syncPath(dirname(file));
}

/** The file is gone, also after a power loss. */
export async function removeDurably(file: string): Promise<void> {
  await rm(file, { force: true });
  await syncPath(dirname(file));
}

/** A file's bytes, or a directory's names, are on the disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function readJson<Value>(file: string): Promise<Value | undefined> {
  const text = await readFile(file, 'utf8').catch(absent);
  return text === undefined ? undefined : JSON.parse(text) as Value;
}

/** Only root may look into it: it holds what tenants wrote. */
export async function ensurePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}
