import 'reflect-metadata';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { loadConfig, withoutSecrets } from '@virga/config';
import { OvnNetworkBackend } from '@virga/driver-ovn';
import { IdentityModule } from '@virga/identity-client';
import { systemClock, untilToldToStop } from '@virga/kernel';
import { createLogger, Health } from '@virga/observability';
import { PostgresDatabase } from '@virga/persistence';
import { readOverrides } from '@virga/policy';
import { NetworkApp } from './app.module.js';

const config = loadConfig('network');
const logger = createLogger('network', config.logLevel);
logger.info('starting', { config: withoutSecrets(config) });

const stopping = new AbortController();
const backend = await OvnNetworkBackend.connect({ northbound: config.ovn.northbound, southbound: config.ovn.southbound, signal: stopping.signal });

const app = await NestFactory.createApplicationContext(NetworkApp.forRoot({
  database: { url: config.database.url, poolSize: 12 },
  brokerUrl: config.broker.url,
  listen: { host: config.bindAddress, port: config.ports.network },
  authUrl: `http://${config.publicHost}:${config.ports.identity}`,
  logger, clock: systemClock, backend,
  physicalNetworks: config.ovn.physicalNetworks,
  modelDefaults: { dnsServers: config.ovn.dnsServers, domainName: 'openstacklocal' },
  policyOverrides: readOverrides(join(config.stateDirectory, 'policy', 'network.yaml')),
  authentication: IdentityModule.forRoot(),
}), { logger: false, abortOnError: false });

const health = app.get(Health);
const database = app.get(PostgresDatabase);
health.register('database', () => database.ping());
health.register('ovn', async () => { if (!backend.isConnected) throw new Error('not connected'); }, { isEssential: false });

await untilToldToStop();
await app.close();
stopping.abort();
logger.info('stopped');
process.exit(0);
