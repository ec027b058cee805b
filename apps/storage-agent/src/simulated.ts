import { loadConfig } from '@virga/config';
import { SimVolumeBackend } from '@virga/driver-volume-file/sim';
import { runAgent } from './run-agent.js';

// An agent whose volumes exist only in memory: for scale runs and the benchmark, on the real bus beside the real services.
const config = loadConfig('storage-agent');
const { agent } = config;

await runAgent(config, async () => agent.backends.map(({ name, kind, reservedPercentage, maxOverSubscriptionRatio }) => ({
  name, kind, promises: { reservedPercentage, maxOverSubscriptionRatio }, backend: new SimVolumeBackend({ ownHost: agent.host, totalBytes: 2 ** 50 }), close: async () => undefined,
})));
