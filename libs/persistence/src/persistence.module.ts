import { type DynamicModule, type FactoryProvider, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Database } from './database.js';
import { type Migration, migrate } from './migrations.js';
import { type DatabaseOptions, openDatabase } from './open-database.js';
import { PostgresDatabase } from './postgres-database.js';

/** A service's database, and the migrations that it brings. */
export interface PersistenceOptions extends DatabaseOptions {
  /** Applied before anything else is constructed; several replicas may start at once. */
  migrations: readonly Migration[];
}

/** How the options are made from other providers: `{ inject: [Config], useFactory: (config) => … }`. */
export type PersistenceFactory = Pick<FactoryProvider<PersistenceOptions>, 'inject' | 'useFactory'> & Pick<DynamicModule, 'imports'>;

const OPTIONS = Symbol('PersistenceOptions');

/** Provides `Database` everywhere in a service: opened and migrated at start, closed at the end. */
@Module({})
export class PersistenceModule implements OnApplicationShutdown {
  constructor(@Inject(PostgresDatabase) private readonly database: PostgresDatabase) {}

  /** The module for options that are known now. */
  static forRoot(options: PersistenceOptions): DynamicModule {
    return this.forRootAsync({ useFactory: () => options });
  }

  /** The module for options that come from other providers. */
  static forRootAsync({ imports, ...options }: PersistenceFactory): DynamicModule {
    return {
      module: PersistenceModule,
      global: true,
      imports: imports ?? [],
      providers: [
        { provide: OPTIONS, ...options },
        { provide: PostgresDatabase, inject: [OPTIONS], useFactory: openMigrated },
        { provide: Database, useExisting: PostgresDatabase },
      ],
      exports: [Database, PostgresDatabase],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

async function openMigrated(options: PersistenceOptions): Promise<PostgresDatabase> {
  const database = await openDatabase(options);
  try {
    await migrate(database, options.migrations);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}
