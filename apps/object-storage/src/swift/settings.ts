import type { RateSettings } from '../rates/index.js';
import type { Realm } from './container-sync/realms.js';

/** The injection token of `SwiftSettings`. */
export const SWIFT_SETTINGS = Symbol('Swift settings');

/** Who owns the accounts whose names begin with a prefix. */
export interface AccountRules {
  prefix: string;
  /** Roles, in lower case, that own the account of the project they are given in. */
  operatorRoles: readonly string[];
  /** Roles that may read everything of their project's account. */
  readerRoles: readonly string[];
  /** Where not empty, an owner also needs a service token with one of these roles. */
  serviceRoles: readonly string[];
}

export interface SwiftLimits {
  maxFileSize: number;
  maxHeaderSize: number;
  maxMetaNameLength: number;
  maxMetaValueLength: number;
  maxMetaCount: number;
  maxMetaOverallSize: number;
  maxObjectNameLength: number;
  maxContainerNameLength: number;
  maxAccountNameLength: number;
  containerListingLimit: number;
  accountListingLimit: number;
}

/** Bounds of large objects, archives and lists of deletions. */
export interface LargeObjectSettings {
  maxManifestSegments: number;
  maxManifestSize: number;
}

export interface BulkSettings {
  maxDeletesPerRequest: number;
  maxFailedDeletes: number;
  maxContainersPerExtraction: number;
  maxFailedExtractions: number;
}

export interface SwiftSettings {
  accountRules: readonly AccountRules[];
  resellerAdminRole: string;
  /** Roles that may read every account. */
  systemReaderRoles: readonly string[];
  /** Names of users and projects in ACLs mean those of this domain; elsewhere only ids count. */
  defaultDomainId: string;
  /** Whether PUT and DELETE of accounts exist. */
  isAccountManagementOpen: boolean;
  /** Origins that may read any container's answers in a browser, beyond those that containers name. */
  corsOrigins: readonly string[];
  /** Headers that every CORS answer exposes, beyond Swift's own. */
  corsExposedHeaders: readonly string[];
  /** The `allow-access-from` part of /crossdomain.xml; empty answers 404. */
  crossDomainPolicy: string;
  limits: SwiftLimits;
  rates: RateSettings;
  largeObjects: LargeObjectSettings;
  bulk: BulkSettings;
  /** Other clusters that containers may be synchronized with. */
  syncRealms: readonly Realm[];
}

/** Swift's own defaults, with OpenStack's roles. */
export const swiftDefaults: SwiftSettings = {
  accountRules: [
    { prefix: 'AUTH_', operatorRoles: ['admin', 'member', 'swiftoperator'], readerRoles: ['reader'], serviceRoles: [] },
    { prefix: 'SERVICE_', operatorRoles: ['admin', 'member', 'swiftoperator'], readerRoles: [], serviceRoles: ['service'] },
  ],
  resellerAdminRole: 'reselleradmin',
  systemReaderRoles: ['swift-system-reader'],
  defaultDomainId: 'default',
  isAccountManagementOpen: true,
  corsOrigins: [],
  corsExposedHeaders: [],
  crossDomainPolicy: '<allow-access-from domain="*" secure="false" />',
  limits: {
    maxFileSize: 5_368_709_122,
    maxHeaderSize: 8192,
    maxMetaNameLength: 128,
    maxMetaValueLength: 256,
    maxMetaCount: 90,
    maxMetaOverallSize: 4096,
    maxObjectNameLength: 1024,
    maxContainerNameLength: 256,
    maxAccountNameLength: 256,
    containerListingLimit: 10_000,
    accountListingLimit: 10_000,
  },
  largeObjects: { maxManifestSegments: 1000, maxManifestSize: 8_388_608 },
  syncRealms: [],
  bulk: { maxDeletesPerRequest: 10_000, maxFailedDeletes: 1000, maxContainersPerExtraction: 10_000, maxFailedExtractions: 1000 },
  rates: { accountPerSecond: 0, containerSteps: [], maxWaitMs: 60_000, unlimitedAccounts: [], blockedAccounts: [] },
};
