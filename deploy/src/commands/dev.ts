import { watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { step, together } from '../../steps.mjs';
import { bringUp } from '../bring-up.js';
import type { Cloud } from '../cloud.js';
import { alone } from '../lock.js';
import { attempt } from '../run.js';
import { CHECKOUT } from '../settings.js';
import { start } from './start.js';

/** An editor writes several files in a row; building after the first would build twice. */
const QUIET_MS = 150;

/** `npm run dev`: the cloud is up; whenever a source changes, what it concerns is built and restarted. Runs until Ctrl-C. */
export async function dev(cloud: Cloud): Promise<number> {
  await start(cloud);
  console.log('\nWatching apps/ and libs/; Ctrl-C ends the watch, and the cloud stays up.');
  for await (const file of changes([join(CHECKOUT, 'apps'), join(CHECKOUT, 'libs')])) {
    console.log(`\n${file} changed`);
    // A failure was reported by its step; the next change is the next try.
    await rebuild(cloud).catch(() => undefined);
  }
  return 0;
}

async function rebuild(cloud: Cloud): Promise<void> {
  await step('build', async () => {
    const { code, output, errors } = await attempt(['npm', '--prefix', CHECKOUT, 'run', '-s', 'build'], { environment: { NX_DAEMON: 'false' }, timeoutMs: 300_000 });
    if (code !== 0) throw new Error(`${output}\n${errors}`);
  });
  await alone(join(cloud.directories.run, 'lock'), () => bringUp(cloud, { step: quietly, together }));
}

const quietly: typeof step = async (name, work) => { await (name === 'services and agents' ? step(name, work) : work()); };

/** Names of changed sources; several changes in a short time are one, and none is lost while the last one is worked on. */
async function* changes(roots: string[]): AsyncGenerator<string> {
  let changed: string | undefined;
  let notice = Promise.withResolvers<void>();
  for (const root of roots) {
    watch(root, { recursive: true }, (_event, file) => {
      if (file === null || !/(^|\/)src\/.*\.ts$/.test(file)) return;
      changed = file;
      notice.resolve();
    });
  }
  for (;;) {
    await notice.promise;
    await pause(QUIET_MS);
    notice = Promise.withResolvers<void>();
    yield changed ?? '';
  }
}
