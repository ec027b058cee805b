import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { step } from '../steps.mjs';
import { cloudOf } from './cloud.js';
import { ensureGuestImage } from './guest-image.js';
import { run } from './run.js';
import { writePrivately } from './secrets.js';
import { CHECKOUT, settingsFrom } from './settings.js';

/** One test cloud for each checkout; another checkout's may run beside it. */
const NAME = `virga-test-${createHash('sha256').update(CHECKOUT).digest('hex').slice(0, 6)}`;
const STATE = join('/var/lib', NAME);
const MACHINE = join(CHECKOUT, 'deploy/host/test-machine.sh');

/**
 * Runs the end-to-end tests (or those that match the patterns) against a cloud of their own; answers jest's exit code.
 *
 * Theory of operation. The cloud lives in a network namespace, as on another machine: it may use its usual ports, bridges
 * and addresses whatever else runs here. A second namespace plays the outside world. Whatever an earlier run that was
 * killed has left is ended first: everything that runs in the namespace is ours.
 */
export async function runEndToEnd(report: string, patterns: readonly string[] = []): Promise<number> {
  const settings = join(STATE, 'virga.yaml');
  await step('test machine', async () => {
    await removeAll();
    mkdirSync(STATE, { mode: 0o711 });
    const realmKey = join(STATE, 'realm.key');
    writePrivately(realmKey, `${randomBytes(32).toString('hex')}\n`);
    // A realm of this cloud alone: what is sent to itself goes all the way.
    const syncRealms = [{ name: 'e2e', keyFiles: [realmKey], clusters: { here: 'http://127.0.0.1:8080/v1' } }];
    // Volumes move between two backends. And not what the settings say by themselves, so that it is seen to be heeded.
    const secondDisk = join(STATE, 'second-disk');
    mkdirSync(secondDisk);
    const storage = { reservedPercentage: 5, maxOverSubscriptionRatio: 10, directories: [{ name: 'second', directory: secondDisk }] };
    writeFileSync(settings, stringify({ stateDirectory: STATE, host: { name: 'test-host' }, objectStorage: { syncRealms }, storage }));
    await run(['sh', MACHINE, 'up', NAME]);
  });
  // Out here, because in there is no way to Debian's packages.
  await step('guest image', () => ensureGuestImage(cloudOf(settingsFrom('', settings))));
  const code = await inside([process.execPath, '--enable-source-maps', join(import.meta.dirname, 'main.js'), 'end-to-end', report, ...patterns, '--config', settings]);
  if (code === 0) await step('test machine removed', removeAll);
  else console.log(`The test cloud's logs stay in ${join(STATE, 'log')} until the next run.`);
  return code;
}

/** What the end-to-end tests are told of the cloud that they test. */
export const testEnvironment = (stateDirectory: string, guestImage: string) => ({
  OS_CLIENT_CONFIG_FILE: join(stateDirectory, 'clouds.yaml'),
  VIRGA_E2E_STATE_DIRECTORY: stateDirectory,
  VIRGA_E2E_GUEST_IMAGE: guestImage,
  /** An address in the outside world, and the network namespace that it is in. */
  VIRGA_E2E_OUTSIDE_ADDRESS: '198.51.100.2',
  VIRGA_E2E_OUTSIDE_NAMESPACE: `${NAME}-out`,
});

async function removeAll(): Promise<void> {
  await run(['sh', MACHINE, 'down', NAME]);
  rmSync(STATE, { recursive: true, force: true });
}

function inside(command: string[]): Promise<number> {
  const child = spawn('sh', [MACHINE, 'exec', NAME, ...command], { cwd: CHECKOUT, stdio: 'inherit' });
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}
