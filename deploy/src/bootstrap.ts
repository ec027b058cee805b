import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { step as Step } from '../steps.mjs';
import { run } from './run.js';
import { CHECKOUT } from './settings.js';

const PROGRAM = join(CHECKOUT, 'apps/identity/dist/bootstrap.js');

/** Identity's own first rows (admin, roles, services, endpoints), written before any service serves; may be repeated. */
export async function runBootstrap(configs: ReadonlyMap<string, string>, step: typeof Step): Promise<void> {
  if (!existsSync(PROGRAM)) return;
  await step('identity bootstrapped', async () => {
    await run([process.execPath, '--enable-source-maps', PROGRAM], { environment: { VIRGA_CONFIG: configs.get('identity') ?? '' } });
  });
}
