import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from './cloud.js';
import { run } from './run.js';
import { CHECKOUT } from './settings.js';

export const guestImageFile = (cloud: Cloud) => join(cloud.directories.guestImage, 'virga-linux.qcow2');

/** Builds the guest image unless the one that is there was made from the same inputs. */
export async function ensureGuestImage(cloud: Cloud): Promise<string> {
  const file = guestImageFile(cloud);
  mkdirSync(cloud.directories.guestImage, { recursive: true, mode: 0o700 });
  const before = existsSync(file) ? statSync(file).mtimeMs : undefined;
  await run(['bash', join(CHECKOUT, 'tools/guest-image/build.sh'), file], { timeoutMs: 300_000 });
  const { mtimeMs, size } = statSync(file);
  return mtimeMs === before ? 'unchanged' : `built, ${(size / 1e6).toFixed(0)} MB`;
}
