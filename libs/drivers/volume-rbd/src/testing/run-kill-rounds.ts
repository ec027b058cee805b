import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CephCluster } from './ceph-cluster.js';
import { KilledPool } from './killed-pool.js';

/**
 * As many rounds as the argument says, each killed at a random moment of its first half minute, for whoever has changed what a crash could meet:
 * `node --conditions=virga-source --experimental-transform-types --import ../../volume-file/src/testing/typescript-loader.mjs src/testing/run-kill-rounds.ts 100`.
 */
const rounds = Number(process.argv[2] ?? 10);
const LONGEST_MS = Number(process.argv[3] ?? 30_000);
const directory = await mkdtemp(join(tmpdir(), 'vkill-'));
const cluster = await CephCluster.start();
const pool = new KilledPool(cluster, { directory: join(directory, 'store'), runDirectory: join(directory, 'run'), secret: randomBytes(32) });
let failed = 0;
try {
  for (let round = 1; round <= rounds; round += 1) {
    const [seed, delayMs] = [randomInt(200), randomInt(LONGEST_MS)];
    const { things, orphans, wrong } = await pool.round(seed, delayMs);
    if (wrong.length > 0) failed += 1;
    process.stdout.write(`round ${round}: killed after ${delayMs} ms, ${things} things, ${orphans} orphans, ${wrong.length === 0 ? 'well' : wrong.join('; ')}\n`);
  }
} finally {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
