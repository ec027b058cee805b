import { copyFileSync, existsSync, openSync, renameSync, statSync, truncateSync } from 'node:fs';

/** Too small: the reason of a failure is gone before somebody looks. Too large: a chatty process fills the disk. */
export const LOG_LIMIT_BYTES = 10 * 1024 * 1024;
const KEPT = 2;

/**
 * Opens a log for a process to write to. The process holds the file itself, so it loses nothing when the supervisor
 * dies; it appends, so the file may be cut to nothing under it.
 */
export const openLog = (file: string): number => openSync(file, 'a', 0o600);

/** Moves a log that has grown over the limit aside (`.1`, `.2`). Lines written during the copy may be lost. */
export function rotateLog(file: string, limitBytes = LOG_LIMIT_BYTES): void {
  if (!existsSync(file) || statSync(file).size < limitBytes) return;
  for (let age = KEPT; age > 1; age -= 1) if (existsSync(`${file}.${age - 1}`)) renameSync(`${file}.${age - 1}`, `${file}.${age}`);
  copyFileSync(file, `${file}.1`);
  truncateSync(file, 0);
}
