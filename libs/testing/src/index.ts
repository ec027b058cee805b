export { ManualClock } from './manual-clock.js';
export { type DatabaseRecipe, type TestDatabase, createDatabase, standIn, useDatabase } from './use-database.js';
export { type PostgresCluster, postgresProcess, startPostgres, stopPostgres } from './infrastructure/postgres.js';
export { personas, personaNames, PersonaAuthenticator, demoProject, otherProject, adminProject, serviceProject, type Persona } from './personas.js';
export { apiClient, type ApiRequest, type ApiAnswer } from './api-client.js';
export { describeMatrix, uncovered, type Scene, type Scenes, type SceneRequest, type MatrixOptions } from './authorization-matrix.js';
export { describeFuzz, type FuzzOptions } from './fuzz.js';
