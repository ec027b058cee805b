import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { step, together } from '../../steps.mjs';
import { bringUp } from '../bring-up.js';
import type { Cloud } from '../cloud.js';
import { guestImageFile } from '../guest-image.js';
import { CHECKOUT } from '../settings.js';
import { testEnvironment } from '../test-cloud.js';
import { stop } from './stop.js';

/** The part of `npm test` that runs on the test machine (../test-cloud.ts): a cloud, the tests, and its end. */
export async function endToEnd(cloud: Cloud, args: string[]): Promise<number> {
  const [report = '', ...patterns] = args.slice(0, args.indexOf('--config'));
  try {
    await bringUp(cloud, { step, together });
    return await jest(cloud, report, patterns);
  } finally {
    await stop(cloud);
  }
}

function jest(cloud: Cloud, report: string, patterns: readonly string[]): Promise<number> {
  const options = '--experimental-vm-modules --disable-warning=ExperimentalWarning';
  const args = ['--config', join(CHECKOUT, 'e2e/jest.config.mjs'), '--runInBand', '--json', `--outputFile=${report}`, ...patterns];
  const child = spawn(process.execPath, [join(CHECKOUT, 'node_modules/jest/bin/jest.js'), ...args], {
    cwd: CHECKOUT, stdio: 'inherit',
    env: { ...process.env, ...testEnvironment(cloud.directories.state, guestImageFile(cloud)), NODE_OPTIONS: options },
  });
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}
