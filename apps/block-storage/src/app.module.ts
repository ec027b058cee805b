import { Module, type DynamicModule } from '@nestjs/common';
import { BLOCK_STORAGE_VERSIONS, blockStorageEndpoints, blockStorageRules } from '@virga/contracts-block-storage';
import { cinderDialect, HttpModule, IdempotencyGuard, type ApiOptions, type ListenAddress } from '@virga/http';
import { SecretBox, type MasterKey } from '@virga/identity-client';
import { CLOCK, type Clock } from '@virga/kernel';
import { MessagingModule, type MessagingOptions } from '@virga/messaging';
import { OutboxModule } from '@virga/messaging/outbox';
import { ObservabilityModule, type Logger } from '@virga/observability';
import { KEPT_FOR as OPERATIONS_KEPT_FOR, OperationsModule, type OperationsOptions } from '@virga/operations';
import { IdempotencyModule, IdempotentRequests, PersistenceModule, type DatabaseOptions } from '@virga/persistence';
import { PolicyModule } from '@virga/policy';
import { Quotas } from '@virga/quota';
import { ReconcileModule } from '@virga/reconcile';
import { AttachmentsModule } from './attachments/index.js';
import { BACKUP_SETTINGS, BackupsModule, type BackupSettings } from './backups/index.js';
import { CallsModule } from './calls/index.js';
import { ClustersModule } from './clusters/index.js';
import { DebtsModule } from './debts/index.js';
import { GroupSnapshotsModule } from './group-snapshots/index.js';
import { DEFAULT_GROUP_TYPE, GroupTypesModule } from './group-types/index.js';
import { groupOvertakes, GroupsModule } from './groups/index.js';
import { TICKET_KEY } from './images/index.js';
import { ExtensionsController } from './extensions/index.js';
import { HistoryModule, KEPT_FOR } from './history/index.js';
import { KeysModule, STORAGE_SECRET, VOLUME_KEY_SECRETS, VOLUME_KEYS } from './keys/index.js';
import { LeftoversModule } from './leftovers/index.js';
import { MessagesModule } from './messages/index.js';
import { blockStorageMigrations } from './migrations/index.js';
import { PoolsModule } from './pools/index.js';
import { QosSpecsModule } from './qos-specs/index.js';
import { blockStorageQuotas } from './quota.js';
import { snapshotOvertakes, SnapshotsModule } from './snapshots/index.js';
import { QuotasModule } from './quotas/index.js';
import { SchedulesModule } from './schedules/index.js';
import { ServicesModule } from './services/index.js';
import { canonicalUrl, requireOwnProject, VersionsController } from './versions/index.js';
import { ManageableModule } from './manageable/index.js';
import { TransfersModule } from './transfers/index.js';
import { VolumeMetadataModule } from './volume-metadata/index.js';
import { overtakes, VolumeActionsModule, VolumesModule } from './volumes/index.js';

/** What the block storage service is made of; `main` gives the real parts, tests may give others. */
export interface BlockStorageAppOptions {
  /** Provides `Database`, globally: see `databaseModule`. */
  persistence: DynamicModule;
  /** Provides `ServiceBus` and `Outbox`, globally: see `brokerModules`. */
  messaging: readonly DynamicModule[];
  /** Absent where no API is served. */
  listen: ListenAddress | undefined;
  authUrl: string;
  logger: Logger;
  clock: Clock;
  /** Signs the tickets with which storage hosts read images. */
  ticketKey: Buffer;
  /** Where backups go. */
  backups: BackupSettings;
  /** Wraps the passphrases of encrypted volumes. */
  masterKey: MasterKey;
  /** From it each storage host's own key is derived; no host has it. */
  storageSecret: string;
  /** The name of the group type that is shown as the default; empty or absent: there is none. */
  defaultGroupType?: string;
  policyOverrides?: Record<string, string>;
  /** The module that provides the `Authenticator`, globally. */
  authentication: DynamicModule;
  /** Whether operations and reconcilers run by themselves; tests that drive them say no. */
  isDriven?: boolean;
  operations?: Partial<OperationsOptions>;
}

/** One module a slice. */
const slices = [
  AttachmentsModule,
  BackupsModule,
  CallsModule,
  DebtsModule,
  HistoryModule,
  LeftoversModule,
  GroupSnapshotsModule,
  GroupTypesModule,
  GroupsModule,
  SnapshotsModule,
  VolumesModule, VolumeActionsModule, VolumeMetadataModule, TransfersModule, ManageableModule,
  SchedulesModule,
  KeysModule, QosSpecsModule, QuotasModule, ServicesModule, PoolsModule, MessagesModule, ClustersModule,
];

@Module({})
export class BlockStorageApp {
  static forRoot(options: BlockStorageAppOptions): DynamicModule {
    const { clock, isDriven = true } = options;
    return {
      module: BlockStorageApp,
      imports: [
        PartsModule.forRoot(options),
        ObservabilityModule.forRoot(options.logger),
        options.persistence,
        ...options.messaging,
        OperationsModule.forRoot({ overtakes: { ...overtakes, ...snapshotOvertakes, ...groupOvertakes }, clock, isDriven, ...options.operations }),
        ReconcileModule.forRoot({ clock, isDriven }),
        PolicyModule.forRoot({ rules: blockStorageRules, overrides: options.policyOverrides ?? {} }),
        options.authentication,
        HttpModule.forRoot(options.listen === undefined ? [] : [blockStorageApi(options.listen, options.authUrl)]),
        ...slices,
      ],
      controllers: [VersionsController, ExtensionsController],
    };
  }
}

/** PostgreSQL, migrated before anything else is made, and the memory for repeated requests that lives in it. */
export function databaseModule(database: Pick<DatabaseOptions, 'url'> & Partial<DatabaseOptions>, clock: Clock): DynamicModule {
  return {
    module: DatabaseModule, global: true,
    imports: [
      PersistenceModule.forRoot({ schema: 'block_storage', applicationName: 'block-storage', migrations: blockStorageMigrations, ...database }),
      IdempotencyModule.forRoot({ clock }),
    ],
    providers: [{ provide: IdempotencyGuard, useExisting: IdempotentRequests }], exports: [IdempotencyGuard],
  };
}

@Module({})
class DatabaseModule {}

/** RabbitMQ, and the relay that carries the outbox to it. */
export function brokerModules(broker: Pick<MessagingOptions, 'url' | 'tap'>, clock: Clock): DynamicModule[] {
  return [MessagingModule.forRoot({ service: 'block-storage', clock, ...broker }), OutboxModule.forRoot({ clock })];
}

function blockStorageApi(listen: ListenAddress, authUrl: string): ApiOptions {
  return {
    name: 'block-storage', endpoints: blockStorageEndpoints, basePath: '/v3', dialect: cinderDialect, listen, authUrl, rewrite: canonicalUrl,
    requirePath: requireOwnProject, versions: { serviceType: 'volume', ...BLOCK_STORAGE_VERSIONS },
  };
}

@Module({})
class PartsModule {
  static forRoot({ clock, ticketKey, masterKey, storageSecret, backups, defaultGroupType, operations }: BlockStorageAppOptions): DynamicModule {
    const providers = [
      { provide: CLOCK, useValue: clock }, { provide: TICKET_KEY, useValue: ticketKey }, { provide: Quotas, useValue: blockStorageQuotas },
      { provide: VOLUME_KEY_SECRETS, useValue: new SecretBox(masterKey, VOLUME_KEYS) }, { provide: STORAGE_SECRET, useValue: storageSecret },
      { provide: KEPT_FOR, useValue: operations?.keptFor ?? OPERATIONS_KEPT_FOR },
      { provide: BACKUP_SETTINGS, useValue: backups }, { provide: DEFAULT_GROUP_TYPE, useValue: defaultGroupType ?? '' },
    ];
    return { module: PartsModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
