import { join } from 'node:path';
import { readSecret, withoutSecrets, type ConfigOf } from '@virga/config';
import { systemClock, untilToldToStop } from '@virga/kernel';
import { AgentBus } from '@virga/messaging';
import { createLogger, Health, Metrics, serveHealth, type Logger } from '@virga/observability';
import type { HostNetwork, Hypervisor } from '@virga/ports';
import { Agent } from './agent.js';
import { ImageSource } from './guests/index.js';
import { MetadataForwarder, MetadataRecords } from './metadata/index.js';

/** What a kind of host is made of. */
export interface HostParts {
  hypervisor: Hypervisor;
  hostNetwork: HostNetwork;
  /** The group of the metadata proxies. */
  proxyGroupId?: number;
}

type Config = ConfigOf<'compute-agent'>;

/** Runs an agent until it is told to stop; `open` makes the host's drivers. */
export async function runAgent(config: Config, open: (logger: Logger, images: ImageSource) => Promise<HostParts>): Promise<void> {
  const { agent: settings } = config;
  const logger = createLogger('compute-agent', config.logLevel);
  logger.info('starting', { config: withoutSecrets(config) });
  const images = new ImageSource(settings.imageUrl);
  const { proxyGroupId, ...parts } = await open(logger, images);
  const agent = new Agent({
    ...parts, images, logger, clock: systemClock, host: settings.host, availabilityZone: settings.availabilityZone, version: VERSION,
    bus: new AgentBus({ host: settings.host, agent: 'compute-agent', url: config.broker.url, logger }),
    records: await MetadataRecords.open(join(settings.instancesDirectory, '.metadata')),
  });
  const forwarder = new MetadataForwarder({
    ...(proxyGroupId !== undefined && { proxyGroupId }),
    socket: settings.metadataSocket, computeUrl: settings.computeUrl, host: settings.host, key: readSecret(settings.metadataKeyFile), logger,
  });
  await forwarder.listen();
  await agent.start();
  const health = new Health();
  health.register('hypervisor', async () => agent.requireHealthy());
  const server = await serveHealth(settings.healthPort, health, new Metrics());
  logger.info('listening', { socket: settings.metadataSocket, healthPort: settings.healthPort });
  await untilToldToStop();
  server.close();
  await forwarder.close();
  await agent.stop();
  logger.info('stopped');
  process.exit(0);
}

const VERSION = '0.1.0';
