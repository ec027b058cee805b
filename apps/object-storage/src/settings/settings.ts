import type { Duration } from '@virga/kernel';

/** The injection token of the `ObjectStorageSettings`. */
export const SETTINGS = Symbol('ObjectStorageSettings');

/** How the bytes of a container's objects are kept; chosen when the container is created. */
export interface StoragePolicy {
  /** As in `X-Storage-Policy` and `/info`. */
  name: string;
  isDefault: boolean;
  /** The id of the `ObjectStore` that new bytes go to. */
  store: string;
}

/** What the operator decided, as far as the APIs tell or follow it. */
export interface ObjectStorageSettings {
  region: string;
  /** Where clients reach this service, without a trailing slash: `http://host:8080`. */
  publicUrl: string;
  /** S3 requests whose Host is `<bucket>.<one of these>` name their bucket there. */
  bucketDomains: readonly string[];
  policies: readonly StoragePolicy[];
  /**
   * How long a day of S3's lifecycle rules is; absent: a day. Only for tests (Ceph's `rgw_lc_debug_interval`): with ten seconds, what
   * should live for a year is gone within the hour.
   */
  lifecycleDaySeconds?: number;
  /** How long new blobs are sealed under the same root key. Shorter: more sealing anew. Longer: one key opens more. */
  rootKeyLifetime: Duration;
}

/** The policy of that name in any case, or undefined. */
export function findPolicy(settings: ObjectStorageSettings, name: string): StoragePolicy | undefined {
  return settings.policies.find((policy) => policy.name.toLowerCase() === name.toLowerCase());
}

/** The policy of containers that name none. */
export function defaultPolicy({ policies }: ObjectStorageSettings): StoragePolicy {
  const policy = policies.find(({ isDefault }) => isDefault) ?? policies[0];
  if (policy === undefined) throw new Error('There is no storage policy.');
  return policy;
}
