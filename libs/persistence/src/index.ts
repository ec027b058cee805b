export { Database, type Reader, type RowClass, type Tx } from './database.js';
export { type Fragment, type Json, type SqlValue, all, fragment, identifier, join, json, nothing } from './sql.js';
export { DatabaseContended, DatabaseUnavailable, StatementFailed, onCheck, onForeignKey, onUnique } from './postgres-errors.js';
export { type DatabaseOptions, openDatabase } from './open-database.js';
export { PostgresDatabase } from './postgres-database.js';
export { type PersistenceFactory, type PersistenceOptions, PersistenceModule } from './persistence.module.js';
export { type Migration, migrate, migrationsChecksum } from './migrations.js';
export { type CountedStatements, countStatements } from './statements.js';
