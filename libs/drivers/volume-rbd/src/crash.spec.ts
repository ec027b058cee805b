import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CephCluster, KilledPool } from './testing/index.js';

describe('a pool whose process is killed', () => {
  let cluster: CephCluster;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vkill-'));
    cluster = await CephCluster.start();
  }, 120_000);
  afterAll(async () => {
    await cluster?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  // Each falls into other steps on each machine; testing/run-kill-rounds.ts does as many as one likes.
  it.each([1_500, 9_000])('keeps all that was promised and nothing half made when it dies after %p ms', async (delayMs) => {
    const pool = new KilledPool(cluster, { directory: join(directory, 'store'), runDirectory: join(directory, 'run'), secret: randomBytes(32) });

    const { things, wrong } = await pool.round(delayMs, delayMs);

    expect(wrong).toEqual([]);
    // A test of nothing would pass as well.
    expect(things).toBeGreaterThan(0);
  }, 240_000);
});
