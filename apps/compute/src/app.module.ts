import { Module, type DynamicModule } from '@nestjs/common';
import { computeEndpoints, computeRules, COMPUTE_VERSIONS, guestMetadata, placement } from '@virga/contracts-compute';
import { HttpModule, IdempotencyGuard, novaDialect, placementDialect, type ApiOptions, type ListenAddress } from '@virga/http';
import { CLOCK, type Clock } from '@virga/kernel';
import { MessagingModule, type MessagingOptions } from '@virga/messaging';
import { OutboxModule } from '@virga/messaging/outbox';
import { ObservabilityModule, type Logger } from '@virga/observability';
import { OperationsModule, type OperationsOptions } from '@virga/operations';
import { IdempotencyModule, IdempotentRequests, PersistenceModule, type DatabaseOptions } from '@virga/persistence';
import { PolicyModule } from '@virga/policy';
import { Quotas } from '@virga/quota';
import { ReconcileModule } from '@virga/reconcile';
import { AggregatesModule } from './aggregates/index.js';
import { ExtensionsController } from './extensions/index.js';
import { ExternalEventsModule } from './external-events/index.js';
import { FixedIpsModule } from './fixed-ips/index.js';
import { FlavorsModule } from './flavors/index.js';
import { FloatingIpsModule } from './floating-ips/index.js';
import { GuestMetadataModule, metadataUrl } from './guest-metadata/index.js';
import { HypervisorsModule } from './hypervisors/index.js';
import { ImageProxiesModule } from './image-proxies/index.js';
import { KeypairsModule } from './keypairs/index.js';
import { computeMigrations } from './migrations/index.js';
import { PeersModule, type PeerUrls } from './peers/index.js';
import { PlacementApiModule } from './placement/index.js';
import { ProjectNetworksModule } from './project-networks/index.js';
import { computeQuotas } from './quota.js';
import { QuotasModule } from './quotas/index.js';
import { SecurityGroupsModule } from './security-groups/index.js';
import { ServerImagesModule } from './server-images/index.js';
import { ServerMigrationsController } from './server-migrations/index.js';
import { ServerPasswordsModule } from './server-passwords/index.js';
import { overtakes, ServersModule, TICKET_KEY } from './servers/index.js';
import { ServicesModule } from './services/index.js';
import { UsageModule } from './usage/index.js';
import { UsageAuditModule } from './usage-audit/index.js';
import { canonicalUrl, VersionsController } from './versions/index.js';
import { deviceOvertakes, VolumeAttachmentsModule } from './volume-attachments/index.js';
import { VolumeProxiesModule } from './volume-proxies/index.js';
import { ZonesModule } from './zones/index.js';

/** What the compute service is made of; `main` gives the real parts, tests may give others. */
export interface ComputeAppOptions {
  /** Provides `Database`, globally: see `databaseModule`. */
  persistence: DynamicModule;
  /** Provides `ServiceBus` and `Outbox`, globally: see `brokerModules`. */
  messaging: readonly DynamicModule[];
  /** Absent where no API is served. */
  listen: ListenAddress | undefined;
  /** The Placement API has a port of its own; absent where it is not served. */
  placement?: ListenAddress;
  /** What guests ask, passed on by their hosts, who sign with the secret; absent where it is not served. */
  guestMetadata?: { listen: ListenAddress; secret: string };
  authUrl: string;
  /** Services that requests of older clients are passed on to, without a path: `http://127.0.0.1:9696`. */
  peers: PeerUrls;
  logger: Logger;
  clock: Clock;
  /** Signs the tickets with which hosts read images. */
  ticketKey: Buffer;
  policyOverrides?: Record<string, string>;
  /** The module that provides the `Authenticator`, globally. */
  authentication: DynamicModule;
  /** Whether operations and reconcilers run by themselves; tests that drive them say no. */
  isDriven?: boolean;
  operations?: Partial<OperationsOptions>;
}

@Module({})
export class ComputeApp {
  static forRoot(options: ComputeAppOptions): DynamicModule {
    const { clock, isDriven = true } = options;
    return {
      module: ComputeApp,
      imports: [
        PartsModule.forRoot(options),
        ObservabilityModule.forRoot(options.logger),
        options.persistence,
        ...options.messaging,
        OperationsModule.forRoot({ overtakes: { ...overtakes, ...deviceOvertakes }, clock, isDriven, ...options.operations }),
        ReconcileModule.forRoot({ clock, isDriven }),
        PolicyModule.forRoot({ rules: [...computeRules, ...placement.placementRules], overrides: options.policyOverrides ?? {} }),
        options.authentication,
        HttpModule.forRoot(apisOf(options)),
        ServersModule, VolumeAttachmentsModule, ServerImagesModule, FlavorsModule, KeypairsModule, QuotasModule,
        HypervisorsModule, ServicesModule, ZonesModule, AggregatesModule, UsageModule, ServerPasswordsModule, PlacementApiModule,
        PeersModule.forRoot(options.peers), SecurityGroupsModule, FixedIpsModule, FloatingIpsModule, ProjectNetworksModule, ImageProxiesModule, VolumeProxiesModule, ExternalEventsModule, UsageAuditModule,
        ...(options.guestMetadata === undefined ? [] : [GuestMetadataModule.forRoot(options.guestMetadata.secret)]),
      ],
      controllers: [VersionsController, ExtensionsController, ServerMigrationsController],
    };
  }
}

/** PostgreSQL, migrated before anything else is made, and the memory for repeated requests that lives in it. */
export function databaseModule(database: Pick<DatabaseOptions, 'url'> & Partial<DatabaseOptions>, clock: Clock): DynamicModule {
  return {
    module: DatabaseModule, global: true,
    imports: [
      PersistenceModule.forRoot({ schema: 'compute', applicationName: 'compute', migrations: computeMigrations, ...database }), IdempotencyModule.forRoot({ clock }),
    ],
    providers: [{ provide: IdempotencyGuard, useExisting: IdempotentRequests }], exports: [IdempotencyGuard],
  };
}

@Module({})
class DatabaseModule {}

/** RabbitMQ, and the relay that carries the outbox to it. */
export function brokerModules(broker: Pick<MessagingOptions, 'url' | 'tap'>, clock: Clock): DynamicModule[] {
  return [MessagingModule.forRoot({ service: 'compute', clock, ...broker }), OutboxModule.forRoot({ clock })];
}

function apisOf({ listen, placement: placementListen, guestMetadata: guests, authUrl }: ComputeAppOptions): ApiOptions[] {
  return [
    ...(listen === undefined ? [] : [computeApi(listen, authUrl)]),
    ...(placementListen === undefined ? [] : [placementApi(placementListen, authUrl)]),
    ...(guests === undefined ? [] : [metadataApi(guests.listen, authUrl)]),
  ];
}

function placementApi(listen: ListenAddress, authUrl: string): ApiOptions {
  return {
    name: 'placement', endpoints: placement.placementEndpoints, basePath: '', dialect: placementDialect, listen, authUrl,
    versions: { serviceType: 'placement', ...placement.PLACEMENT_VERSIONS },
  };
}

function metadataApi(listen: ListenAddress, authUrl: string): ApiOptions {
  return { name: 'metadata', endpoints: guestMetadata.metadataEndpoints, basePath: '', dialect: novaDialect, listen, authUrl, rewrite: metadataUrl };
}

function computeApi(listen: ListenAddress, authUrl: string): ApiOptions {
  return {
    name: 'compute', endpoints: computeEndpoints, basePath: '/v2.1', dialect: novaDialect, listen, authUrl, rewrite: canonicalUrl,
    versions: { serviceType: 'compute', legacyHeader: 'X-OpenStack-Nova-API-Version', ...COMPUTE_VERSIONS },
  };
}

@Module({})
class PartsModule {
  static forRoot({ clock, ticketKey }: ComputeAppOptions): DynamicModule {
    const providers = [{ provide: CLOCK, useValue: clock }, { provide: TICKET_KEY, useValue: ticketKey }, { provide: Quotas, useValue: computeQuotas }];
    return { module: PartsModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
