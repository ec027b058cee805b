export { ManualClock } from './manual-clock.js';
export { type DatabaseRecipe, type TestDatabase, createDatabase, standIn, useDatabase } from './use-database.js';
export { type PostgresCluster, postgresProcess, startPostgres, stopPostgres } from './infrastructure/postgres.js';
