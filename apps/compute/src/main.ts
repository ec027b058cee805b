import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { loadConfig, readSecret, withoutSecrets } from '@virga/config';
import { ticketKey } from '@virga/contracts-image';
import { IdentityModule } from '@virga/identity-client';
import { days, systemClock, untilToldToStop } from '@virga/kernel';
import { createLogger, Health } from '@virga/observability';
import { PostgresDatabase } from '@virga/persistence';
import { readOverrides } from '@virga/policy';
import { brokerModules, ComputeApp, databaseModule } from './app.module.js';

const config = loadConfig('compute');
const logger = createLogger('compute', config.logLevel);
logger.info('starting', { config: withoutSecrets(config) });

/** Operations at work and requests share these. Too few: bursts of servers wait for each other. Too many: PostgreSQL holds memory for idle ones. */
const CONNECTIONS = 16;

const overrides = (api: string): Record<string, string> => readOverrides(join(config.stateDirectory, 'policy', `${api}.yaml`));

const app = await NestFactory.createApplicationContext(ComputeApp.forRoot({
  persistence: databaseModule({ url: config.database.url, poolSize: CONNECTIONS }, systemClock),
  messaging: brokerModules({ url: config.broker.url }, systemClock),
  listen: { host: config.bindAddress, port: config.ports.compute },
  placement: { host: config.bindAddress, port: config.ports.placement },
  guestMetadata: { listen: { host: config.bindAddress, port: config.ports.metadata }, secret: readSecret(config.metadataSecretFile) },
  authUrl: `http://${config.publicHost}:${config.ports.identity}`,
  peers: {
    network: `http://${config.publicHost}:${config.ports.network}`, image: `http://${config.publicHost}:${config.ports.image}`,
    blockStorage: `http://${config.publicHost}:${config.ports.blockStorage}`,
  },
  logger, clock: systemClock,
  ticketKey: ticketKey(Buffer.from(readFileSync(config.masterKeyFile, 'utf8').trim(), 'hex')),
  policyOverrides: { ...overrides('compute'), ...overrides('placement') },
  authentication: IdentityModule.forRoot(),
  operations: { keptFor: days(config.historyDays) },
}), { logger: false, abortOnError: false });

const database = app.get(PostgresDatabase);
app.get(Health).register('database', () => database.ping());

await untilToldToStop();
await app.close();
logger.info('stopped');
process.exit(0);
