import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { checkoutTag } from './places.js';
import { exclusively } from './exclusive.js';
import { run } from './run.js';

const POLICY = '/usr/sbin/policy-rc.d';

/** Installs Debian packages where `proof`, a file of theirs, is missing; the daemons they bring are not started. */
export async function ensurePackages(packages: readonly string[], proof: string): Promise<void> {
  if (existsSync(proof)) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(`The tests need ${packages.join(', ')} (Debian 12). Install them, or run the tests as root.`);
  }
  await exclusively('/var/tmp', 'virga-apt', async () => {
    if (!existsSync(proof)) await withoutStartingDaemons(() => install(packages));
  });
}

async function install(packages: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  const attempt = (): Promise<string> => run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...packages], { env });
  await attempt().catch(async () => {
    await run('apt-get', [...wait, 'update'], { env });
    return attempt();
  });
}

async function withoutStartingDaemons(work: () => Promise<void>): Promise<void> {
  if (existsSync(POLICY)) return work();
  writeFileSync(POLICY, `#!/bin/sh\n# Set while the tests of checkout ${checkoutTag()} install packages.\nexit 101\n`, { mode: 0o755 });
  try {
    await work();
  } finally {
    rmSync(POLICY, { force: true });
  }
}
