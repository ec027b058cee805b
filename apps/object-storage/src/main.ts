import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { loadConfig, withoutSecrets } from '@virga/config';
import { IdentityModule, MasterKey } from '@virga/identity-client';
import { days, systemClock, untilToldToStop } from '@virga/kernel';
import { createLogger, Health } from '@virga/observability';
import { PostgresDatabase } from '@virga/persistence';
import { ObjectStorageApp } from './app.module.js';
import { openStores } from './stores.js';
import { swiftSettings } from './swift/index.js';

const config = loadConfig('object-storage');
const { policies, bucketDomains, rootKeyDays, lifecycleDaySeconds, operatorPort } = config.objectStorage;
const logger = createLogger('object-storage', config.logLevel);
logger.info('starting', { config: withoutSecrets(config) });

const masterKey = MasterKey.read(config.masterKeyFile);
const { stores, close: closeStores } = await openStores(config.objectStorage, systemClock, logger);
const app = await NestFactory.createApplicationContext(ObjectStorageApp.forRoot({
  database: { url: config.database.url, poolSize: 12 },
  listen: { host: config.bindAddress, port: config.ports.objectStorage },
  operators: { host: '127.0.0.1', port: operatorPort },
  logger, clock: systemClock,
  settings: { region: config.region, publicUrl: `http://${config.publicHost}:${config.ports.objectStorage}`, bucketDomains, policies, rootKeyLifetime: days(rootKeyDays), ...(lifecycleDaySeconds !== undefined && { lifecycleDaySeconds }) },
  swift: swiftSettings(config.objectStorage),
  stores,
  masterKey,
  authentication: IdentityModule.forRoot({ masterKey }),
}), { logger: false, abortOnError: false });

const database = app.get(PostgresDatabase);
app.get(Health).register('database', async () => { await database.ping(); });

await untilToldToStop();
await app.close();
await closeStores();
logger.info('stopped');
process.exit(0);
