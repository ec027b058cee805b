import { Module, type DynamicModule } from '@nestjs/common';
import { Directory } from '@virga/identity-client';
import { Database } from '@virga/persistence';
import { AccountsModule } from '../accounts/index.js';
import { ContainersModule } from '../containers/index.js';
import { ComposedSources, ObjectsModule } from '../objects/index.js';
import { QuotasModule } from '../quotas/index.js';
import { SyncChangesModule } from '../sync-changes/index.js';
import { AccessControl } from './access/access-control.js';
import { Admission } from './access/admission.js';
import { AccountFacts } from './accounts/account-facts.js';
import { AccountVerbs } from './accounts/account-verbs.js';
import { Capabilities } from './capabilities.js';
import { ContainerChanges } from './containers/container-changes.js';
import { ContainerShowing } from './containers/container-showing.js';
import { ContainerVerbs } from './containers/container-verbs.js';
import { Cors } from './cors/index.js';
import { BulkDeletions, Extractions } from './bulk/index.js';
import { SyncedRequests, SyncLoop, SyncOptions, SyncSender } from './container-sync/index.js';
import { DloContents } from './dlo/index.js';
import { ComposedObjects, ContainerOptions, Contents, Histories, Interceptions, ManifoldRequests, ObjectListings, PreAuthorization, PutPlans } from './features/index.js';
import { FormPosts } from './form-post/index.js';
import { Nouns } from './nouns.js';
import { ObjectPasses } from './object-passes/index.js';
import { PutFeatures } from './objects/put-features.js';
import { ObjectChanges } from './objects/object-changes.js';
import { ObjectCopies } from './objects/object-copies.js';
import { ObjectReader } from './objects/object-reader.js';
import { ObjectVerbs } from './objects/object-verbs.js';
import { ObjectWriter } from './objects/object-writer.js';
import { WriteLimits } from './objects/write-limits.js';
import { UploadQuotas } from './quotas/index.js';
import { EtagQuotes } from './reading/index.js';
import { RATES, RateLimits } from '../rates/index.js';
import { Endpoints } from './service/endpoints.js';
import { ServicePages } from './service/service-pages.js';
import { Heartbeats, SloContents, SloDeletions, SloPlans } from './slo/index.js';
import { StaticSites } from './static-web/index.js';
import { LinkPosts, Links } from './symlinks/index.js';
import { Archives, ObjectVersions, VersioningOptions, VersionsListing } from './versions/index.js';
import { TempUrlKeys, TempUrls } from './temp-url/index.js';
import { SWIFT_SETTINGS, swiftDefaults, type SwiftSettings } from './settings.js';
import { SwiftApi } from './swift.api.js';

const features = [
  Archives, ObjectVersions, SyncLoop, SyncOptions, SyncSender, VersioningOptions, VersionsListing, BulkDeletions, DloContents, Extractions, FormPosts, Heartbeats, LinkPosts, Links, ObjectPasses, SloContents, SloDeletions, SloPlans, StaticSites, SyncedRequests, TempUrlKeys, TempUrls,
  ComposedObjects, ContainerOptions, Contents, Histories, Interceptions, ManifoldRequests, ObjectListings, PreAuthorization, PutPlans,
];
const verbs = [
  AccountFacts, AccountVerbs, ContainerChanges, ContainerShowing, ContainerVerbs, PutFeatures, Nouns, ObjectChanges, ObjectCopies, ObjectReader,
  ObjectVerbs, ObjectWriter, WriteLimits,
];

@Module({})
export class SwiftModule {
  static forRoot(settings: SwiftSettings = swiftDefaults): DynamicModule {
    return {
      module: SwiftModule,
      // S3 reads what Swift's clients have put together, and counts with Swift how fast is written.
      global: true,
      imports: [AccountsModule, ContainersModule, ObjectsModule, QuotasModule, SyncChangesModule],
      providers: [
        { provide: SWIFT_SETTINGS, useValue: settings }, { provide: RATES, useValue: settings.rates }, { provide: ComposedSources, useExisting: ComposedObjects }, { provide: Directory, inject: [Database], useFactory: (db: Database) => new Directory(db) }, ...features, ...verbs,
        AccessControl, Admission, Capabilities, Cors, Endpoints, RateLimits, ServicePages, SwiftApi, UploadQuotas, EtagQuotes,
      ],
      exports: [SwiftApi, ComposedSources, RateLimits],
    };
  }
}
