import { CephCluster } from './ceph-cluster.js';

/**
 * A cluster for those who do not import us: says on standard output how to reach it (`CephAccess`, one line of JSON), and goes, leaving nothing,
 * when its standard input ends. `node --experimental-transform-types run-ceph-cluster.ts`.
 */
const cluster = await CephCluster.start();
process.stdout.write(`${JSON.stringify(cluster.access)}\n`);
process.stdin.resume();
await new Promise<void>((resolve) => {
  process.stdin.once('end', resolve);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
});
await cluster.stop();
