import { Module, type DynamicModule } from '@nestjs/common';
import type { ListenAddress } from '@virga/http';
import { SecretBox, type MasterKey } from '@virga/identity-client';
import { CLOCK, type Clock } from '@virga/kernel';
import { ObservabilityModule, type Logger } from '@virga/observability';
import { PersistenceModule, type DatabaseOptions } from '@virga/persistence';
import type { ObjectStore } from '@virga/ports';
import { AccountsModule } from './accounts/index.js';
import { BlobsModule, OBJECT_STORES, ROOT_KEY_SECRETS } from './blobs/index.js';
import { ContainersModule } from './containers/index.js';
import { FRONT, frontLimits, FrontServer, type FrontLimits, type FrontOptions } from './front/index.js';
import { METADATA_SECRETS } from './metadata/index.js';
import { objectStorageMigrations } from './migrations/index.js';
import { ObjectsModule } from './objects/index.js';
import { OperatorsModule } from './operators/index.js';
import { S3Api, S3Module } from './s3/index.js';
import { SETTINGS, type ObjectStorageSettings } from './settings/index.js';
import { OBJECT_PASS_KEY, SwiftApi, SwiftModule, type SwiftSettings } from './swift/index.js';
import { Timestamps } from './timestamps/index.js';
import { UpkeepModule } from './upkeep/index.js';

/** What the object storage service is made of; `main` gives the real parts, tests may give others. */
export interface ObjectStorageAppOptions {
  database: Pick<DatabaseOptions, 'url'> & Partial<DatabaseOptions>;
  listen: ListenAddress;
  /** Where operators' pages answer; absent: nowhere. */
  operators?: ListenAddress;
  logger: Logger;
  clock: Clock;
  settings: ObjectStorageSettings;
  /** Default: Swift's own defaults. */
  swift?: SwiftSettings;
  /** Where bytes are kept, by id: every store that a policy names, and those that older blobs are in. */
  stores: readonly ObjectStore[];
  masterKey: MasterKey;
  limits?: FrontLimits;
  /** The module that provides the `Authenticator`, globally. */
  authentication: DynamicModule;
}

@Module({})
export class ObjectStorageApp {
  static forRoot(options: ObjectStorageAppOptions): DynamicModule {
    return {
      module: ObjectStorageApp,
      imports: [
        PartsModule.forRoot(options),
        ObservabilityModule.forRoot(options.logger),
        PersistenceModule.forRoot({ schema: 'object_storage', applicationName: 'object-storage', migrations: objectStorageMigrations, prefersIndexes: true, ...options.database }),
        options.authentication,
        AccountsModule, ContainersModule, BlobsModule, ObjectsModule, OperatorsModule.forRoot(options.operators), UpkeepModule, SwiftModule.forRoot(options.swift), S3Module,
      ],
      providers: [
        FrontServer,
        {
          provide: FRONT, inject: [SwiftApi, S3Api],
          useFactory: (swift: SwiftApi, s3: S3Api): FrontOptions => ({ listen: options.listen, limits: options.limits ?? frontLimits, apis: { swift, s3 } }),
        },
      ],
    };
  }
}

@Module({})
class PartsModule {
  static forRoot({ clock, settings, stores, masterKey }: ObjectStorageAppOptions): DynamicModule {
    const providers = [
      { provide: CLOCK, useValue: clock }, { provide: SETTINGS, useValue: settings }, { provide: OBJECT_STORES, useValue: stores }, Timestamps,
      { provide: METADATA_SECRETS, useValue: new SecretBox(masterKey, 'object-storage metadata') },
      { provide: ROOT_KEY_SECRETS, useValue: new SecretBox(masterKey, 'object-storage') },
      { provide: OBJECT_PASS_KEY, useValue: masterKey.derive('object pass') },
    ];
    return { module: PartsModule, global: true, providers, exports: providers.map((part) => ('provide' in part ? part.provide : part)) };
  }
}
