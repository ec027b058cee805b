import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepFailed } from '../steps.mjs';

/** A directory that exists, belongs to a system user and has a mode, whatever it was before. */
export function ownedDirectory(path: string, user: string, mode: number): void {
  mkdirSync(path, { recursive: true });
  const { uid, gid } = systemUser(user);
  chownSync(path, uid, gid);
  chmodSync(path, mode);
}

/** A file that belongs to a system user, written only where its text differs. */
export function ownedFile(path: string, text: string, user: string, mode: number): void {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text, { mode });
  const { uid, gid } = systemUser(user);
  chownSync(path, uid, gid);
  chmodSync(path, mode);
}

export function hasSystemUser(name: string): boolean {
  return readFileSync('/etc/passwd', 'utf8').includes(`\n${name}:`);
}

function systemUser(name: string): { uid: number; gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((entry) => entry.startsWith(`${name}:`));
  if (line === undefined) throw new StepFailed(`There is no system user ${name}.`, 'Its Debian package makes it; reinstall that package, then repeat.');
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/** A short fingerprint of texts: equal texts, equal digest. */
export const digestOf = (...texts: string[]) => texts.reduce((hash, text) => hash.update(text).update('\0'), createHash('sha256')).digest('hex').slice(0, 16);

/** A fingerprint of all files below some directories, by name and content. */
export function digestOfTrees(directories: string[]): string {
  const hash = createHash('sha256');
  for (const directory of directories.filter((path) => existsSync(path))) {
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
    for (const path of paths) hash.update(path).update('\0').update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 16);
}
