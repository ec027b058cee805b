import { Inject, Injectable } from '@nestjs/common';
import { s3Capabilities } from '../s3-limits/index.js';
import { SETTINGS, type ObjectStorageSettings } from '../settings/index.js';
import { HEARTBEAT_MS } from './bulk/index.js';
import type { Realm } from './container-sync/index.js';
import { MAX_LINKS } from './symlinks/index.js';
import { DIGESTS, DROPPED_HEADERS, TEMP_URL_METHODS } from './temp-url/index.js';
import { SWIFT_SETTINGS, type SwiftLimits, type SwiftSettings } from './settings.js';

/** What `/info` tells clients that this service can do: a feature adds its key here, with its limits, when it is really there. */
@Injectable()
export class Capabilities {
  constructor(
    @Inject(SETTINGS) private readonly storage: ObjectStorageSettings,
    @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings,
  ) {}

  all(): Record<string, unknown> {
    const { rates } = this.settings;
    return {
      swift: this.core(),
      keystoneauth: {},
      etag_quoter: { enable_by_default: false },
      container_quotas: {},
      account_quotas: {},
      s3api: s3Capabilities,
      ...this.features(),
      ...(this.settings.crossDomainPolicy !== '' && { crossdomain: {} }),
      ...(rates.accountPerSecond + rates.containerSteps.length > 0 && {
        ratelimit: {
          account_ratelimit: rates.accountPerSecond, max_sleep_time_seconds: rates.maxWaitMs / 1000,
          container_ratelimits: rates.containerSteps.map(({ objects, perSecond }) => [objects, perSecond]),
        },
      }),
    };
  }

  /** What the features of their own folders can do. */
  private features(): Record<string, unknown> {
    const { largeObjects, bulk } = this.settings;
    return {
      slo: {
        max_manifest_segments: largeObjects.maxManifestSegments, max_manifest_size: largeObjects.maxManifestSize, min_segment_size: 1,
        yield_frequency: HEARTBEAT_MS / 1000, allow_async_delete: true,
      },
      dlo: { max_segments: this.settings.limits.containerListingLimit },
      bulk_upload: { max_containers_per_extraction: bulk.maxContainersPerExtraction, max_failed_extractions: bulk.maxFailedExtractions },
      bulk_delete: { max_deletes_per_request: bulk.maxDeletesPerRequest, max_failed_deletes: bulk.maxFailedDeletes },
      tempurl: {
        methods: TEMP_URL_METHODS, allowed_digests: DIGESTS, deprecated_digests: ['sha1'], incoming_remove_headers: DROPPED_HEADERS, incoming_allow_headers: [],
        outgoing_remove_headers: ['x-object-meta-*'], outgoing_allow_headers: ['x-object-meta-public-*'],
      },
      formpost: { allowed_digests: DIGESTS, deprecated_digests: ['sha1'] },
      staticweb: {},
      symlink: { symloop_max: MAX_LINKS, static_links: true },
      versioned_writes: { allowed_flags: ['x-versions-location', 'x-history-location'] },
      object_versioning: {},
      container_sync: { realms: realmsShown(this.settings.syncRealms) },
    };
  }

  private core(): Record<string, unknown> {
    return {
      // The release of Swift whose API this is: clients and tests choose by it what to ask for.
      version: '2.30.0',
      policies: this.storage.policies.map(({ name, isDefault }) => ({ name, aliases: name, ...(isDefault && { default: true }) })),
      strict_cors_mode: true,
      allow_account_management: this.settings.isAccountManagementOpen,
      account_autocreate: true,
      allow_open_expired: false,
      valid_api_versions: ['v1', 'v1.0'],
      ...limitsShown(this.settings.limits),
    };
  }
}

function limitsShown(limits: SwiftLimits): Record<string, number> {
  return Object.fromEntries(Object.entries(limits).map(([name, value]) => [name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value as number]));
}

function realmsShown(realms: readonly Realm[]): Record<string, unknown> {
  return Object.fromEntries(realms.map(({ name, clusters }) => [name, { clusters: Object.fromEntries(Object.keys(clusters).map((cluster) => [cluster, {}])) }]));
}
