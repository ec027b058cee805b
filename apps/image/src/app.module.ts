import { Module, type DynamicModule } from '@nestjs/common';
import { imageEndpoints, imageRules } from '@virga/contracts-image';
import { glanceDialect, HttpModule, IdempotencyGuard, type ListenAddress } from '@virga/http';
import { CLOCK, type Clock } from '@virga/kernel';
import { ObservabilityModule, type Logger } from '@virga/observability';
import { IdempotencyModule, idempotencyMigrations, IdempotentRequests, PersistenceModule, type DatabaseOptions } from '@virga/persistence';
import { PolicyModule } from '@virga/policy';
import type { ImageStore } from '@virga/ports';
import { Quotas } from '@virga/quota';
import { BlobsModule, IMAGE_STORE } from './blobs/index.js';
import { BootImages } from './boot-images/index.js';
import { CatalogueController } from './catalogue/index.js';
import { DownloadsModule } from './downloads/index.js';
import { ImagesModule } from './images/index.js';
import { MembersModule } from './members/index.js';
import { imageMigrations } from './migrations/index.js';
import { PreparedImages } from './prepared-images/index.js';
import { imageQuotas } from './quota.js';
import { TicketAuthenticator, Tickets } from './tickets/index.js';
import { Upkeep } from './upkeep/index.js';
import { UploadsModule } from './uploads/index.js';

/** What the image service is made of; `main` gives the real parts, tests may give others. */
export interface ImageAppOptions {
  database: Pick<DatabaseOptions, 'url'> & Partial<DatabaseOptions>;
  listen: ListenAddress;
  authUrl: string;
  logger: Logger;
  clock: Clock;
  store: ImageStore;
  ticketKey: Buffer;
  policyOverrides?: Record<string, string>;
  /** The module that provides the `Authenticator`, globally. */
  authentication: DynamicModule;
}

@Module({})
export class ImageApp {
  static forRoot(options: ImageAppOptions): DynamicModule {
    return {
      module: ImageApp,
      imports: [
        PartsModule.forRoot(options),
        ObservabilityModule.forRoot(options.logger),
        PersistenceModule.forRoot({ schema: 'image', applicationName: 'image', migrations: [...idempotencyMigrations, ...imageMigrations], ...options.database }),
        IdempotencyModule.forRoot({ clock: options.clock }),
        PolicyModule.forRoot({ rules: imageRules, overrides: options.policyOverrides ?? {} }),
        options.authentication,
        HttpModule.forRoot([{
          name: 'image', endpoints: imageEndpoints, basePath: '/v2', ignoresTrailingSlash: false, dialect: glanceDialect, listen: options.listen, authUrl: options.authUrl,
        }], { admit: (tokens) => new TicketAuthenticator(tokens) }),
        BlobsModule, ImagesModule, MembersModule, UploadsModule, DownloadsModule,
      ],
      controllers: [CatalogueController],
      providers: [BootImages, PreparedImages, Upkeep],
    };
  }
}

@Module({})
class PartsModule {
  static forRoot({ clock, store, ticketKey }: ImageAppOptions): DynamicModule {
    const providers = [
      { provide: CLOCK, useValue: clock }, { provide: IMAGE_STORE, useValue: store }, { provide: Quotas, useValue: imageQuotas }, { provide: Tickets, useValue: new Tickets(ticketKey, clock) },
      { provide: IdempotencyGuard, useExisting: IdempotentRequests },
    ];
    return { module: PartsModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
