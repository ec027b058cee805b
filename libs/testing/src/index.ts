export { CuttablePort } from './cuttable-port.js';
export { ManualClock } from './manual-clock.js';
export { type DatabaseRecipe, type TestDatabase, createDatabase, standIn, useDatabase } from './use-database.js';
export { type PostgresCluster, postgresProcess, startPostgres, stopPostgres } from './infrastructure/postgres.js';
export { type TestBroker, createBroker, useBroker } from './use-broker.js';
export { type RabbitNode, manageRabbit, startRabbit, stopRabbit } from './infrastructure/rabbitmq.js';
export { exclusively } from './infrastructure/exclusive.js';
export { checkout, testState } from './infrastructure/places.js';
