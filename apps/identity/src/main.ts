import 'reflect-metadata';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { loadConfig, withoutSecrets } from '@virga/config';
import { MasterKey } from '@virga/identity-client';
import { untilToldToStop } from '@virga/kernel';
import { createLogger, Health } from '@virga/observability';
import { PostgresDatabase } from '@virga/persistence';
import { readOverrides } from '@virga/policy';
import { IdentityApp } from './app.module.js';

const config = loadConfig('identity');
const logger = createLogger('identity', config.logLevel);
logger.info('starting', { config: withoutSecrets(config) });

const app = await NestFactory.createApplicationContext(IdentityApp.forRoot({
  database: { url: config.database.url, poolSize: 8 },
  listen: { host: config.bindAddress, port: config.ports.identity },
  authUrl: `http://${config.publicHost}:${config.ports.identity}`,
  masterKey: MasterKey.read(config.masterKeyFile),
  logger,
  policyOverrides: readOverrides(join(config.stateDirectory, 'policy', 'identity.yaml')),
}), { logger: false, abortOnError: false });

const database = app.get(PostgresDatabase);
app.get(Health).register('database', () => database.ping());

await untilToldToStop();
await app.close();
logger.info('stopped');
process.exit(0);
