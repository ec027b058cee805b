import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StepFailed, step, together } from '../../steps.mjs';
import type { Cloud } from '../cloud.js';
import { attempt } from '../run.js';
import { CHECKOUT } from '../settings.js';
import { runEndToEnd } from '../test-cloud.js';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * `npm test`: everything that must hold. Lint and types first, since they say most in the least time; then jest; then the
 * end-to-end tests against a cloud of their own. `npm test -- PATTERN …` runs jest alone, on what the patterns match;
 * `npm run e2e` the end-to-end tests alone, or with `-- PATTERN` those that match.
 */
export async function test(_cloud: Cloud, args: string[]): Promise<number> {
  if (args[0] === '--end-to-end') return withReports((reports) => runEndToEnd(join(reports, 'e2e.json'), args.slice(1)));
  if (args.length > 0) return jest(args);
  const isClean = await isWellFormed();
  return withReports(async (reports) => {
    const codes = [await jest(['--json', `--outputFile=${join(reports, 'jest.json')}`])];
    if (existsSync(join(CHECKOUT, 'e2e/jest.config.mjs'))) codes.push(await runEndToEnd(join(reports, 'e2e.json')));
    const { passed, failed, skipped } = [join(reports, 'jest.json'), join(reports, 'e2e.json')].map(countsOf).reduce(sum);
    console.log(`\nTests: ${passed} passed, ${failed} failed, ${skipped} skipped`);
    return isClean && codes.every((code) => code === 0) && passed > 0 ? 0 : 1;
  }).finally(() => attempt([process.execPath, join(CHECKOUT, 'libs/testing/stop.mjs')]));
}

/** Gives `work` a directory for jest's reports. */
async function withReports<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'virga-test-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A failure here fails the whole, but the tests are worth running all the same. */
async function isWellFormed(): Promise<boolean> {
  try {
    await together(
      step('types', () => npmScript('typecheck')),
      step('lint', () => npmScript('lint')),
    );
    return true;
  } catch {
    return false; // its step has said why
  }
}

async function npmScript(name: string): Promise<void> {
  const { code, output, errors } = await attempt(['npm', '--prefix', CHECKOUT, 'run', '-s', name], { timeoutMs: 600_000 });
  if (code !== 0) throw new StepFailed(`${output}${errors}`.trim(), `Correct the source; npm run ${name} shows the same.`);
}

/** Runs jest on our own sources, its output going to the terminal. */
function jest(args: string[]): Promise<number> {
  const options = '--experimental-vm-modules --disable-warning=ExperimentalWarning';
  const child = spawn(process.execPath, [join(CHECKOUT, 'node_modules/jest/bin/jest.js'), ...args], {
    cwd: CHECKOUT, stdio: 'inherit', env: { ...process.env, NODE_OPTIONS: options },
  });
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}

function countsOf(report: string): Counts {
  if (!existsSync(report)) return { passed: 0, failed: 0, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
  return { passed: numPassedTests ?? 0, failed: numFailedTests ?? 0, skipped: numPendingTests ?? 0 };
}

const sum = (a: Counts, b: Counts): Counts => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped });
