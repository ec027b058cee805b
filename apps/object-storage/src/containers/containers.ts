import { Inject, Injectable } from '@nestjs/common';
import type { SecretBox } from '@virga/identity-client';
import { Invalid, newId, raise } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Accounts } from '../accounts/index.js';
import type { ListQuery, Subdir } from '../listing/index.js';
import { METADATA_SECRETS, changedMetadata, openMetadata, sealMetadata, type Metadata, type MetadataChange } from '../metadata/index.js';
import { SETTINGS, defaultPolicy, findPolicy, type ObjectStorageSettings } from '../settings/index.js';
import { Timestamps } from '../timestamps/index.js';
import { BucketTaken, ContainerLocked, ContainerNotEmpty, ContainerNotFound, type Container, type ContainerId, type ContainerSettings } from './container.js';
import { containerOf } from './container-view.js';
import { ContainersRepository, type ContainerRow } from './containers.repository.js';

export interface NewContainerOptions {
  /** A policy's name in any case; absent: the default. An unknown one is `Invalid`. */
  storagePolicy?: string;
  metadata: Metadata;
  settings?: ContainerSettings;
  /** Whether the name becomes a bucket's, the only one of that name in the whole cloud. Throws `BucketTaken`. */
  claimBucket?: boolean;
}

export interface ContainerChange {
  metadata?: MetadataChange;
  /** Keys to set; `undefined` removes one. */
  settings?: { [Key in keyof ContainerSettings]?: ContainerSettings[Key] | undefined };
  /** Looks before it is changed, under the lock; throws where it must not be. */
  check?: (container: Container) => void;
}

/** The containers of accounts, which S3 calls buckets. */
@Injectable()
export class Containers {
  constructor(
    private readonly db: Database,
    private readonly containers: ContainersRepository,
    private readonly accounts: Accounts,
    private readonly timestamps: Timestamps,
    @Inject(METADATA_SECRETS) private readonly secrets: SecretBox,
    @Inject(SETTINGS) private readonly settings: ObjectStorageSettings,
  ) {}

  async find(account: string, name: string): Promise<Container | undefined> {
    const row = await this.containers.find(this.db, account, name);
    return row && containerOf(this.secrets, row);
  }

  async findById(id: ContainerId): Promise<Container | undefined> {
    const row = await this.containers.byId(this.db, id);
    return row && containerOf(this.secrets, row);
  }

  /** The container of that name in `ownAccount`, else the one that claimed the name for the whole cloud. */
  async findBucket(name: string, ownAccount?: string): Promise<Container | undefined> {
    const row = await this.containers.findBucket(this.db, name, ownAccount);
    return row && containerOf(this.secrets, row);
  }

  /** Makes the container, and the account where it is missing. One that is there already is answered as it is (`isNew` false). */
  async create(account: string, name: string, options: NewContainerOptions): Promise<{ container: Container; isNew: boolean }> {
    const policy = options.storagePolicy === undefined ? defaultPolicy(this.settings) : findPolicy(this.settings, options.storagePolicy) ?? raise(unknownPolicy());
    await this.accounts.ensure(account);
    const id = newId<'container'>();
    const stored = sealMetadata(this.secrets, id, options.metadata);
    return this.db.transaction(async (tx) => {
      const isNew = await this.containers.insert(tx, {
        id, account, name, storage_policy: policy.name, ...stored, settings: options.settings ?? {}, created_at: this.timestamps.next(),
      });
      const row = await this.containers.find(tx, account, name) ?? raise(new ContainerNotFound(name));
      if (options.claimBucket === true) await this.claim(tx, row);
      return { container: containerOf(this.secrets, row), isNew };
    });
  }

  /** Changes headers and settings; answers the container afterwards. Throws `ContainerNotFound`. */
  async change(id: ContainerId, change: ContainerChange): Promise<Container> {
    return this.db.transaction(async (tx) => {
      const row = await this.containers.lock(tx, id) ?? raise(new ContainerNotFound(id));
      change.check?.(containerOf(this.secrets, row));
      const metadata = changedMetadata(openMetadata(this.secrets, id, row), change.metadata ?? {});
      const settings = withoutUndefined({ ...row.settings, ...change.settings });
      if (isLocking(row.settings) && (!isLocking(settings) || settings.versioning !== 'enabled')) throw new ContainerLocked();
      const changedAt = Math.max(this.timestamps.next(), row.changed_at + 1);
      await this.containers.change(tx, id, sealMetadata(this.secrets, id, metadata), settings, changedAt);
      return { ...containerOf(this.secrets, row), metadata, settings, changedAt };
    });
  }

  /**
   * Removes an empty container, with its unfinished uploads. Throws `ContainerNotFound`, `ContainerNotEmpty`.
   *
   * @param options `ignoresNullMarkers`: delete markers of null versions, which Swift does not show, keep no container
   */
  async remove(id: ContainerId, options: { ignoresNullMarkers?: boolean } = {}): Promise<void> {
    await this.db.transaction(async (tx) => {
      await this.containers.lock(tx, id) ?? raise(new ContainerNotFound(id));
      if (options.ignoresNullMarkers === true) await this.containers.removeNullMarkers(tx, id);
      if (!await this.containers.isEmpty(tx, id)) throw new ContainerNotEmpty();
      await this.containers.remove(tx, id, this.timestamps.date());
    });
  }

  /** A page of the account's containers, in the order of their names. */
  async page(account: string, query: ListQuery): Promise<(Container | Subdir)[]> {
    const rows = await this.containers.page(this.db, account, query);
    return rows.map((row) => (row.subdir === null ? containerOf(this.secrets, row) : { subdir: row.subdir }));
  }

  private async claim(tx: Tx, row: ContainerRow): Promise<void> {
    const holder = await this.containers.claim(tx, row.name, row.id);
    if (holder?.id !== row.id) throw new BucketTaken(row.name, holder?.account ?? '');
  }
}

function isLocking(settings: ContainerSettings): boolean {
  return settings.objectLock !== undefined;
}

function withoutUndefined(settings: object): ContainerSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function unknownPolicy(): Invalid {
  return new Invalid('object-storage.policy.unknown', 'There is no storage policy of that name.');
}
