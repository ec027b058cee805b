import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepFailed } from '../steps.mjs';
import { run, tail } from './run.mjs';

/**
 * Installs what package-lock.json says unless node_modules already holds it; answers what was done.
 *
 * `npm install --no-save` keeps to the lock and leaves it as it is. `npm ci` would refuse a lock that was written behind a
 * registry mirror which does not carry the optional packages of other platforms.
 */
export async function ensureDependencies(checkout) {
  const wanted = lockedPackages(join(checkout, 'package-lock.json'));
  if (isInstalled(checkout, wanted)) return `${wanted.size} present`;
  const { code, output } = await run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: checkout });
  if (code !== 0) throw new StepFailed(`npm install failed:\n${tail(withoutWarnings(output), 20)}`, 'Check the network and that npm can reach its registry, then repeat.');
  return `installed ${wanted.size}`;
}

const withoutWarnings = (output) => output.split('\n').filter((line) => !line.startsWith('npm warn')).join('\n');

function isInstalled(checkout, wanted) {
  const present = lockedPackages(join(checkout, 'node_modules/.package-lock.json'));
  const agrees = ([path, version]) => present.get(path) === version && existsSync(join(checkout, path));
  return existsSync(join(checkout, 'node_modules/node/bin/node')) && [...wanted].every(agrees);
}

/** Path → version of what a lock file installs on every machine; optional packages depend on the machine and are left out. */
function lockedPackages(file) {
  if (!existsSync(file)) return new Map();
  const { packages = {} } = JSON.parse(readFileSync(file, 'utf8'));
  const installed = Object.entries(packages).filter(([path, entry]) => path.startsWith('node_modules/') && entry.optional !== true);
  return new Map(installed.map(([path, entry]) => [path, entry.version ?? entry.resolved]));
}
