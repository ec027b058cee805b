import 'reflect-metadata';
import { loadConfig, readSecret } from '@virga/config';
import { createLogger } from '@virga/observability';
import { migrate, openDatabase } from '@virga/persistence';
import { bootstrap, cloudPlan } from './bootstrap/index.js';
import { allMigrations } from './migrations.js';

const config = loadConfig('identity');
const logger = createLogger('identity-bootstrap', config.logLevel);

const database = await openDatabase({ url: config.database.url, schema: 'identity', applicationName: 'identity-bootstrap', rows: [], poolSize: 2 });
try {
  const applied = await migrate(database, allMigrations);
  await bootstrap(database, {
    plan: cloudPlan(config),
    adminPassword: readSecret(config.bootstrap.adminPasswordFile),
    servicePasswords: Object.fromEntries(Object.entries(config.bootstrap.servicePasswordFiles).map(([name, file]) => [name, readSecret(file)])),
  });
  logger.info('bootstrapped', { migrations: applied });
} finally {
  await database.close();
}
