import { open, stat, truncate } from 'node:fs/promises';
import { absent } from './durable-files.js';
import { consoleLogOf } from './guest-xml.js';

/**
 * A console log above this is emptied. Too low: users lose what their guest said at boot. Too high: a guest that talks
 * without end fills the host's disk, of which every guest has this much. QEMU appends, so emptying a file that it has open works.
 */
const LONGEST_LOG_BYTES = 16 * 1024 * 1024;

/** The last `maxBytes` of what a guest wrote to its serial port; virtlogd, where it is used, keeps older output in `.0`. */
export async function readConsole(directory: string, maxBytes: number): Promise<string> {
  const log = consoleLogOf(directory);
  const newest = await lastBytes(log, maxBytes);
  const missing = maxBytes - newest.length;
  const older = missing > 0 ? await lastBytes(`${log}.0`, missing) : Buffer.alloc(0);
  return wholeCharacters(Buffer.concat([older, newest])).toString('utf8');
}

export async function limitConsole(directory: string): Promise<void> {
  const log = consoleLogOf(directory);
  const found = await stat(log).catch(absent);
  if (found && found.size > LONGEST_LOG_BYTES) await truncate(log, 0);
}

async function lastBytes(file: string, count: number): Promise<Buffer> {
  const handle = await open(file, 'r').catch(absent);
  if (handle === undefined) return Buffer.alloc(0);
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, count);
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await handle.read(bytes, 0, length, size - length);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Without the rest of a UTF-8 character that was cut at the beginning. */
function wholeCharacters(bytes: Buffer): Buffer {
  const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;
  let start = 0;
  while (start < 3 && isContinuation(bytes[start])) start += 1;
  return bytes.subarray(start);
}
