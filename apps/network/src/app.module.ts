import { Module, type DynamicModule } from '@nestjs/common';
import { networkEndpoints, networkRules } from '@virga/contracts-network';
import { HttpModule, IdempotencyGuard, neutronDialect, type ListenAddress } from '@virga/http';
import { CLOCK, type Clock } from '@virga/kernel';
import { MessagingModule } from '@virga/messaging';
import { OutboxModule, outboxMigrations } from '@virga/messaging/outbox';
import { ObservabilityModule, type Logger } from '@virga/observability';
import { IdempotencyModule, IdempotentRequests, PersistenceModule, idempotencyMigrations, type DatabaseOptions } from '@virga/persistence';
import { PolicyModule } from '@virga/policy';
import type { NetworkBackend } from '@virga/ports';
import { Quotas } from '@virga/quota';
import { ReconcileModule } from '@virga/reconcile';
import { PhysicalNetworks } from './networks/index.js';
import { networkMigrations } from './migrations/index.js';
import { networkQuotas } from './quotas/index.js';
import { MODEL_DEFAULTS, NETWORK_BACKEND, REPAIR_INTERVAL, type ModelDefaults } from './realization/index.js';
import { controllers, providers } from './slices.js';

/** What the network service is made of; `main` gives the real parts, tests may give others. */
export interface NetworkAppOptions {
  database: Pick<DatabaseOptions, 'url'> & Partial<DatabaseOptions>;
  brokerUrl: string;
  listen: ListenAddress;
  authUrl: string;
  logger: Logger;
  clock: Clock;
  backend: NetworkBackend;
  physicalNetworks: readonly string[];
  modelDefaults: ModelDefaults;
  /** Seconds between comparisons of the backend with the complete model; 60 unless told. */
  repairInterval?: number;
  /** Whether the comparison runs by itself; tests call it. */
  isRepairDriven?: boolean;
  policyOverrides?: Record<string, string>;
  /** The module that provides the `Authenticator`, globally. */
  authentication: DynamicModule | { module: new () => object; global: boolean };
}

/** Everything that the service's schema holds. */
export const allMigrations = [...idempotencyMigrations, ...outboxMigrations, ...networkMigrations];

@Module({})
export class NetworkApp {
  static forRoot(options: NetworkAppOptions): DynamicModule {
    const { clock } = options;
    return {
      module: NetworkApp,
      imports: [
        NetworkParts.forRoot(options),
        ObservabilityModule.forRoot(options.logger),
        PersistenceModule.forRoot({ schema: 'network', applicationName: 'network', migrations: allMigrations, ...options.database }),
        IdempotencyModule.forRoot({ clock }),
        PolicyModule.forRoot({ rules: networkRules, overrides: options.policyOverrides ?? {} }),
        MessagingModule.forRoot({ service: 'network', url: options.brokerUrl, clock }),
        OutboxModule.forRoot({ clock }),
        ReconcileModule.forRoot({ clock, isDriven: options.isRepairDriven ?? true }),
        options.authentication,
        HttpModule.forRoot([{
          name: 'network', endpoints: networkEndpoints, basePath: '/v2.0', dialect: neutronDialect, listen: options.listen, authUrl: options.authUrl,
          rewrite: withoutSuffix,
        }]),
      ],
      controllers,
      providers,
    };
  }
}

/** Old clients ask for `/v2.0/networks.json`; the suffix never meant anything else. */
export function withoutSuffix(url: string): string {
  return url.replace(/^([^?]*)\.json(?=$|\?)/, (whole, path: string) => (path.endsWith('/details') ? whole : path));
}

@Module({})
class NetworkParts {
  static forRoot(options: NetworkAppOptions): DynamicModule {
    const parts = [
      { provide: CLOCK, useValue: options.clock },
      { provide: NETWORK_BACKEND, useValue: options.backend },
      { provide: PhysicalNetworks, useValue: new PhysicalNetworks(options.physicalNetworks) },
      { provide: MODEL_DEFAULTS, useValue: options.modelDefaults },
      { provide: REPAIR_INTERVAL, useValue: { seconds: options.repairInterval ?? 60 } },
      { provide: Quotas, useValue: new Quotas(networkQuotas) },
      { provide: IdempotencyGuard, useExisting: IdempotentRequests },
    ];
    return { module: NetworkParts, global: true, providers: parts, exports: parts.map(({ provide }) => provide) };
  }
}
