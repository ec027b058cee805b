import { join } from 'node:path';
import { readSecret, withoutSecrets, type ConfigOf } from '@virga/config';
import { systemClock, untilToldToStop } from '@virga/kernel';
import { AgentBus } from '@virga/messaging';
import { createLogger, Health, Metrics, serveHealth, type Logger } from '@virga/observability';
import { hostCredentialsKey } from '@virga/ports';
import { Agent } from './agent.js';
import type { NamedBackend } from './backends/index.js';
import { SourceDisks, type SourceOptions } from './copies/index.js';
import { ImageService } from './images/index.js';
import { VolumeKeySource } from './keys/index.js';
import { DurableDirectory } from './tasks/index.js';

/** A backend that can be let go of when the agent ends. */
export type OpenBackend = NamedBackend & { close(): Promise<void> };

type Config = ConfigOf<'storage-agent'>;

const VERSION = '0.1.0';

/** Runs an agent until it is told to stop; `open` opens the host's backends. */
export async function runAgent(config: Config, open: (logger: Logger) => Promise<OpenBackend[]>): Promise<void> {
  const { agent: settings } = config;
  const logger = createLogger('storage-agent', config.logLevel);
  logger.info('starting', { config: withoutSecrets(config) });
  const backends = await open(logger);
  const { host } = settings;
  const agent = new Agent({
    host, availabilityZone: settings.availabilityZone, version: VERSION, backends, logger, clock: systemClock,
    bus: new AgentBus({ host, agent: 'storage-agent', url: config.broker.url, logger }),
    keys: new VolumeKeySource({ url: settings.blockStorageUrl, host, hostKey: readSecret(settings.storageKeyFile), clock: systemClock }),
    images: new ImageService(settings.imageUrl),
    tasks: await DurableDirectory.open(settings.tasksDirectory), backupDirectory: settings.backupDirectory,
    sources: await SourceDisks.of(sourcesOf(settings)),
  });
  await agent.start();
  const health = new Health();
  health.register('backends', async () => agent.requireHealthy());
  const server = await serveHealth(settings.healthPort, health, new Metrics());
  logger.info('listening', { healthPort: settings.healthPort });
  await untilToldToStop();
  server.close();
  await agent.stop();
  for (const backend of backends) await backend.close();
  logger.info('stopped');
  process.exit(0);
}

/** The host reads as one of those that volumes are exported to: with the key that these have too. */
function sourcesOf({ host, exports, volumeCredentialsSecretFile: secretFile, backends: [first] }: Config['agent']): SourceOptions {
  return {
    ...(exports && { pkiDirectory: exports.pkiDirectory }),
    ...(secretFile !== undefined && first !== undefined && {
      rbd: { hostKey: hostCredentialsKey(Buffer.from(readSecret(secretFile), 'hex'), host), runDirectory: join(first.runDirectory, 'sources') },
    }),
  };
}
