import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { answer, ServiceBus } from '@virga/messaging';
import { loadConfig, withoutSecrets } from '@virga/config';
import { abandonImage, describeImage, prepareImage, ticketKey } from '@virga/contracts-image';
import { FileImageStore } from '@virga/driver-store-file';
import { IdentityModule } from '@virga/identity-client';
import { systemClock, untilToldToStop } from '@virga/kernel';
import { createLogger, Health } from '@virga/observability';
import { PostgresDatabase } from '@virga/persistence';
import { readOverrides } from '@virga/policy';
import { ImageApp } from './app.module.js';
import { BootImages } from './boot-images/index.js';
import { PreparedImages } from './prepared-images/index.js';

const config = loadConfig('image');
const logger = createLogger('image', config.logLevel);
logger.info('starting', { config: withoutSecrets(config) });

const app = await NestFactory.createApplicationContext(ImageApp.forRoot({
  database: { url: config.database.url, poolSize: 8 },
  listen: { host: config.bindAddress, port: config.ports.image },
  authUrl: `http://${config.publicHost}:${config.ports.identity}`,
  logger, clock: systemClock,
  store: new FileImageStore(config.image.storeDirectory),
  ticketKey: ticketKey(Buffer.from(readFileSync(config.masterKeyFile, 'utf8').trim(), 'hex')),
  policyOverrides: readOverrides(join(config.stateDirectory, 'policy', 'image.yaml')),
  authentication: IdentityModule.forRoot(),
}), { logger: false, abortOnError: false });

const bus = new ServiceBus({ service: 'image', url: config.broker.url, logger });
const bootImages = app.get(BootImages);
const preparedImages = app.get(PreparedImages);
bus.answer([
  answer(describeImage, (request) => bootImages.describe(request)),
  answer(prepareImage, (request) => preparedImages.prepare(request)),
  answer(abandonImage, (request) => preparedImages.abandon(request)),
]);
void bus.start();

const health = app.get(Health);
const database = app.get(PostgresDatabase);
health.register('database', async () => { await database.sql`SELECT 1`; });
health.register('broker', async () => { if (!bus.broker.isConnected) throw new Error('not connected'); }, { isEssential: false });

await untilToldToStop();
await bus.close(AbortSignal.timeout(5_000));
await app.close();
logger.info('stopped');
process.exit(0);
