import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { loadConfig, readSecret, withoutSecrets } from '@virga/config';
import { ticketKey } from '@virga/contracts-image';
import { IdentityModule, MasterKey } from '@virga/identity-client';
import { days, systemClock, untilToldToStop } from '@virga/kernel';
import { createLogger, Health } from '@virga/observability';
import { PostgresDatabase } from '@virga/persistence';
import { readOverrides } from '@virga/policy';
import { BlockStorageApp, brokerModules, databaseModule } from './app.module.js';

const config = loadConfig('block-storage');
const logger = createLogger('block-storage', config.logLevel);
logger.info('starting', { config: withoutSecrets(config) });

/** Operations at work and requests share these. Too few: bursts of volumes wait for each other. Too many: PostgreSQL holds memory for idle ones. */
const CONNECTIONS = 12;

const masterKey = MasterKey.read(config.masterKeyFile);
const app = await NestFactory.createApplicationContext(BlockStorageApp.forRoot({
  persistence: databaseModule({ url: config.database.url, poolSize: CONNECTIONS }, systemClock),
  messaging: brokerModules({ url: config.broker.url }, systemClock),
  listen: { host: config.bindAddress, port: config.ports.blockStorage },
  authUrl: `http://${config.publicHost}:${config.ports.identity}`,
  logger, clock: systemClock,
  ticketKey: ticketKey(Buffer.from(readFileSync(config.masterKeyFile, 'utf8').trim(), 'hex')),
  backups: {
    place: config.backupPlace, objectsUrl: `http://${config.publicHost}:${config.ports.objectStorage}`, passKey: masterKey.derive('object pass'),
  },
  masterKey,
  storageSecret: readSecret(config.storageSecretFile),
  policyOverrides: readOverrides(join(config.stateDirectory, 'policy', 'block-storage.yaml')),
  authentication: IdentityModule.forRoot(),
  defaultGroupType: config.defaultGroupType,
  operations: { keptFor: days(config.historyDays) },
}), { logger: false, abortOnError: false });

const database = app.get(PostgresDatabase);
app.get(Health).register('database', () => database.ping());

await untilToldToStop();
await app.close();
logger.info('stopped');
process.exit(0);
