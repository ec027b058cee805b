#!/usr/bin/env node
// The entry of `npm start`, `npm test` and their kin. It runs on a fresh checkout under whatever Node is installed, so
// it and what it imports use nothing but Node itself; the rest of deploy/ runs, once built, under the Node we pin.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { prepare } from './prepare/prepare.mjs';

const checkout = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const pinnedNode = join(checkout, 'node_modules/node/bin/node');
const built = join(checkout, 'deploy/dist/main.js');
const commands = {
  start: { needs: 'everything' },
  dev: { needs: 'everything' },
  test: { needs: 'everything' },
  stop: { needs: 'a build' },
  status: { needs: 'a build' },
  logs: { needs: 'a build' },
};

const [command = '', ...rest] = process.argv.slice(2);
process.exitCode = await main();

async function main() {
  if (!Object.hasOwn(commands, command)) {
    console.error(`Usage: node deploy/virga.mjs ${Object.keys(commands).join('|')} [--config FILE] …`);
    return 2;
  }
  if (commands[command].needs === 'everything') {
    const began = performance.now();
    if (!(await prepare(checkout, { forTests: command === 'test' }))) return 1;
    process.env.VIRGA_PREPARED_IN_MS = String(Math.round(performance.now() - began));
  } else if (!existsSync(built) || !existsSync(pinnedNode)) {
    console.error('Nothing was started from this checkout yet: npm start does that.');
    return 1;
  }
  return runPinned();
}

function runPinned() {
  const environment = { ...process.env, PATH: `${join(checkout, 'node_modules/.bin')}:${process.env.PATH}` };
  const child = spawn(pinnedNode, ['--enable-source-maps', built, command, ...rest], { stdio: 'inherit', env: environment });
  // The terminal sends Ctrl-C to both of us; the child decides what it means.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  return new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1))));
}
