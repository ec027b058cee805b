import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StepFailed } from '../steps.mjs';
import type { Cloud } from './cloud.js';
import { attempt } from './run.js';
import { CHECKOUT } from './settings.js';

export const guestImageFile = (cloud: Cloud) => join(cloud.directories.guestImage, 'virga-linux.qcow2');

/**
 * Builds the guest image unless the one that is there was made from the same inputs. Where that fails, for example without
 * a network after Debian published a new kernel, the image that is there serves on, and the reason is shown.
 */
export async function ensureGuestImage(cloud: Cloud): Promise<string> {
  const file = guestImageFile(cloud);
  mkdirSync(cloud.directories.guestImage, { recursive: true, mode: 0o700 });
  const before = existsSync(file) ? statSync(file).mtimeMs : undefined;
  const { code, output, errors } = await attempt(['bash', join(CHECKOUT, 'tools/guest-image/build.sh'), file], { timeoutMs: 300_000 });
  const why = (errors || output).trim().split('\n').slice(-3).join('\n');
  if (code !== 0 && before === undefined) throw new StepFailed(`tools/guest-image/build.sh ended with ${code}:\n${why}`, 'Check the network and apt, then repeat.');
  if (code !== 0) return `kept as it was, since it could not be built anew: ${why}`;
  const { mtimeMs, size } = statSync(file);
  return mtimeMs === before ? 'unchanged' : `built, ${(size / 1e6).toFixed(0)} MB`;
}
