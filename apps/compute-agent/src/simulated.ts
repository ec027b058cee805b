import { loadConfig } from '@virga/config';
import { SimHypervisor } from '@virga/driver-libvirt/sim';
import { SimHostNetwork } from '@virga/driver-ovs/sim';
import { runAgent } from './run-agent.js';

// An agent whose guests exist only in memory: for scale runs and the benchmark, on the real bus beside the real services.
const config = loadConfig('compute-agent');
const hostNetwork = new SimHostNetwork();

await runAgent(config, async () => ({
  hypervisor: new SimHypervisor({ hostname: config.agent.host, vcpus: 4_000, memoryMebibytes: 16_000_000, diskGibibytes: 1_000_000, hostNetwork }),
  hostNetwork,
}));
