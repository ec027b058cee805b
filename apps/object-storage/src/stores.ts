import { readSecret, type ConfigOf } from '@virga/config';
import { LocalObjectStore } from '@virga/driver-objects-local';
import type { S3ObjectStore } from '@virga/driver-objects-s3';
import { seconds, Unavailable, type Clock } from '@virga/kernel';
import type { Logger } from '@virga/observability';
import type { ObjectStore } from '@virga/ports';

type Settings = Pick<ConfigOf<'object-storage'>['objectStorage'], 'storageDirectory' | 'buckets' | 'policies'>;

export interface OpenStores {
  stores: readonly ObjectStore[];
  close(): Promise<void>;
}

/**
 * The stores of the configuration. A gateway that is away right now is no reason not to start: what is in other stores is not
 * concerned. Throws where a policy names no store, two stores have one name, or a bucket keeps versions.
 */
export async function openStores({ storageDirectory, buckets, policies }: Settings, clock: Clock, logger: Logger): Promise<OpenStores> {
  const ids = ['local', ...buckets.map(({ id }) => id)];
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new Error(`objectStorage.buckets: there are two stores called ${twice}.`);
  const lost = policies.find(({ store }) => !ids.includes(store));
  if (lost !== undefined) throw new Error(`objectStorage.policies: ${lost.name} wants the store ${lost.store}; there are: ${ids.join(', ')}.`);
  const local = await LocalObjectStore.open(storageDirectory, clock);
  const remote = buckets.length === 0 ? [] : await inBuckets(buckets);
  for (const store of remote) await warnIfAway(store, logger);
  return {
    stores: [local, ...remote],
    close: async () => {
      remote.forEach((store) => store.close());
      await local.close();
    },
  };
}

/** Loads the SDK, which takes half a second and 37 MB, only where there is a bucket. */
async function inBuckets(buckets: Settings['buckets']): Promise<S3ObjectStore[]> {
  const driver = await import('@virga/driver-objects-s3');
  return buckets.map(({ secretAccessKeyFile, ...bucket }) => new driver.S3ObjectStore({ ...bucket, secretAccessKey: readSecret(secretAccessKeyFile) }));
}

async function warnIfAway(store: S3ObjectStore, logger: Logger): Promise<void> {
  try {
    await store.requireUsable(AbortSignal.timeout(seconds(10)));
  } catch (error) {
    const isAway = error instanceof Unavailable || (error instanceof Error && error.name === 'TimeoutError');
    if (!isAway) throw error;
    logger.warn('the store is away', { store: store.id, error });
  }
}
