import { join } from 'node:path';
import { StepFailed, step, together } from '../steps.mjs';
import { missingOfMachine } from './machine.mjs';
import { ensurePackages, PACKAGES, TEST_PACKAGES } from './packages.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { run } from './run.mjs';

/** Installs and builds what the rest of deploy/ needs; answers false after having said what is in the way. */
export async function prepare(checkout, { forTests }) {
  const missing = missingOfMachine();
  if (missing !== undefined) {
    console.error(missing);
    return false;
  }
  try {
    await together(
      step('Debian packages', () => ensurePackages(forTests ? [...PACKAGES, ...TEST_PACKAGES] : PACKAGES)),
      step('npm packages', () => ensureDependencies(checkout)),
    );
    await step('build', () => build(checkout));
    return true;
  } catch (error) {
    if (error.reported !== true) console.error(error);
    return false;
  }
}

async function build(checkout) {
  const binaries = join(checkout, 'node_modules/.bin');
  const environment = { ...process.env, PATH: `${binaries}:${process.env.PATH}`, NX_DAEMON: 'false', NX_NO_CLOUD: 'true' };
  const { code, output } = await run(join(binaries, 'nx'), ['run-many', '-t', 'build', '--output-style=static'], { cwd: checkout, env: environment });
  if (code !== 0) throw new StepFailed(output, 'Correct the source, then repeat; npm run build shows the same errors.');
  return /(\d+\/\d+) hit/.exec(output)?.[0].replace('hit', 'unchanged');
}
