import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type DatabaseOptions, type Migration, type PostgresDatabase, migrate, migrationsChecksum, openDatabase } from '@virga/persistence';
import pg from 'pg';
import { atTheEnd } from './endings.js';
import { testState } from './infrastructure/places.js';
import { type PostgresCluster, startPostgres } from './infrastructure/postgres.js';

/** The schemas of a database and how each is made. */
export interface DatabaseRecipe extends Partial<Pick<DatabaseOptions, 'poolSize' | 'statementTimeoutMs' | 'prefersIndexes' | 'rows' | 'report'>> {
  /** The schema that the test's `Database` is opened on. */
  schema: string;
  migrations: readonly Migration[];
  /** Other services' schemas that are read: `{ identity: identityMigrations }`; made first, in this order. */
  others?: Readonly<Record<string, readonly Migration[]>>;
}

/** A test file's own database. */
export interface TestDatabase {
  database: PostgresDatabase;
  url: string;
  drop(): Promise<void>;
}

/**
 * Gives the test file a database of its own, made before its tests and dropped after them; call it inside `describe`.
 * The answer works like the `PostgresDatabase` it stands for, from `beforeAll` on.
 */
export function useDatabase(recipe: DatabaseRecipe): PostgresDatabase & { readonly url: string } {
  let made: TestDatabase | undefined;
  beforeAll(async () => {
    const { drop } = made = await createDatabase(recipe);
    atTheEnd(drop);
  }, 120_000);
  return standIn(() => {
    if (made === undefined) throw new Error('The database exists only while tests run.');
    return Object.assign(made.database, { url: made.url });
  });
}

/** Makes a database from the recipe, cloned from a template that is kept for the next time. */
export async function createDatabase(recipe: DatabaseRecipe): Promise<TestDatabase> {
  const cluster = await startPostgres(join(testState(), 'postgres'));
  const template = await ensureTemplate(cluster, recipe);
  const name = `test_${process.pid}_${randomUUID().slice(0, 8)}`;
  await administer(cluster, (admin) => admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  const url = cluster.url(name);
  const database = await openDatabase({ ...recipe, url, applicationName: 'test' });
  const drop = async (): Promise<void> => {
    await database.close();
    await administer(cluster, (admin) => admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  };
  return { database, url, drop };
}

async function ensureTemplate(cluster: PostgresCluster, recipe: DatabaseRecipe): Promise<string> {
  const schemas = Object.entries({ ...recipe.others, [recipe.schema]: recipe.migrations });
  const checksum = migrationsChecksum(schemas.flatMap(([schema, list]) => [{ name: schema, up: '' }, ...list]));
  const name = `template_${recipe.schema}_${checksum.slice(0, 12)}`;
  await administer(cluster, async (admin) => {
    await admin.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [name]);
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) {
      await buildTemplate(cluster, admin, name, schemas);
      await dropOldTemplates(admin, recipe.schema);
    }
  });
  return name;
}

/** Built under another name: a run that is killed in the middle leaves no half-made template. */
async function buildTemplate(
  cluster: PostgresCluster, admin: pg.Client, name: string, schemas: readonly (readonly [string, readonly Migration[]])[],
): Promise<void> {
  await admin.query(`DROP DATABASE IF EXISTS ${name}_new WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${name}_new TEMPLATE template0`);
  for (const [schema, migrations] of schemas) {
    const database = await openDatabase({ url: cluster.url(`${name}_new`), schema, applicationName: 'template', rows: [] });
    await migrate(database, migrations).finally(() => database.close());
  }
  await admin.query(`ALTER DATABASE ${name}_new RENAME TO ${name}`);
}

/** Migrations that are being written leave many; the few newest may still be in use by other test files. */
async function dropOldTemplates(admin: pg.Client, schema: string): Promise<void> {
  const { rows } = await admin.query<{ datname: string }>(
    `SELECT datname FROM pg_database WHERE datname ~ $1 ORDER BY oid DESC OFFSET 6`, [`^template_${schema}_[0-9a-f]{12}$`]);
  for (const { datname } of rows) await admin.query(`DROP DATABASE IF EXISTS ${datname}`);
}

async function administer<T>(cluster: PostgresCluster, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: cluster.url('postgres') });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

/** An object that passes everything on to one that is made later. */
export function standIn<T extends object>(get: () => T): T {
  return new Proxy({} as T, {
    get(_, property) {
      const target = get();
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
