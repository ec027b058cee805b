import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { SecretBox } from '@virga/identity-client';
import { raise } from '@virga/kernel';
import { Database, onForeignKey } from '@virga/persistence';
import type { ByteRange } from '@virga/ports';
import { Blobs, type BlobId, type KnownBlob, type StageOptions, type Staged } from '../blobs/index.js';
import { containerOf, type Container, type ContainerId } from '../containers/index.js';
import type { ListQuery, Subdir } from '../listing/index.js';
import { METADATA_SECRETS } from '../metadata/index.js';
import { SETTINGS, defaultPolicy, findPolicy, type ObjectStorageSettings } from '../settings/index.js';
import { Timestamps, type Microseconds } from '../timestamps/index.js';
import type { PutChange } from './change.js';
import { CommitQueue } from './commit-queue.js';
import { Committer } from './committer.js';
import { joined, piecesOf } from './joined-bytes.js';
import { ObjectNotFound, type CopiedPut, type ObjectChange, type PartBytes, type Precondition, type Put, type PutAnswer, type RemoveAnswer, type StoredObject } from './object.js';
import { objectOf, objectWithBlob } from './object-rows.js';
import { ObjectsRepository, type VersionName } from './objects.repository.js';
import { unlessExpired } from './precondition.js';
import { isRefusal } from './refusal.js';
import { versionsBackward } from './versions-backward.js';

export interface Located {
  container: Container | undefined;
  /** The current object or the asked version; a delete marker too; never an expired one. */
  object: StoredObject | undefined;
}

export interface VersionQuery {
  prefix?: string;
  delimiter?: string;
  /** Only names after it, and, with `versionMarker`, older versions of it. */
  keyMarker?: string;
  versionMarker?: bigint;
  limit: number;
  /** From the last name to the first, and within a name from the oldest version: the markers are then upper ends. */
  isReversed?: boolean;
}

const EMPTY = Buffer.alloc(0);
/** The MD5 of no bytes. */
const EMPTY_ETAG = 'd41d8cd98f00b204e9800998ecf8427e';

export interface RemoveOptions {
  version?: VersionName;
  require?: Precondition;
  /** As if versioning were suspended. */
  asNull?: true;
  /** When it was removed where it comes from (container sync). Default: now. */
  at?: Microseconds;
  /** Whether a governance retention of the version does not count. */
  bypassesGovernance?: boolean;
}

/** Objects and their versions: the model that both APIs work on. */
@Injectable()
export class Objects {
  constructor(
    private readonly db: Database,
    private readonly repository: ObjectsRepository,
    private readonly queue: CommitQueue,
    private readonly committer: Committer,
    private readonly blobs: Blobs,
    private readonly timestamps: Timestamps,
    @Inject(METADATA_SECRETS) private readonly secrets: SecretBox,
    @Inject(SETTINGS) private readonly settings: ObjectStorageSettings,
  ) {}

  /** The container and what is in it under that name, in one statement: the read path. */
  async locate(account: string, container: string, name: string, version?: VersionName): Promise<Located> {
    const found = await this.repository.locate(this.db, account, container, name, version);
    if (found === undefined) return { container: undefined, object: undefined };
    const object = found.object && unlessExpired(objectWithBlob(found.object), this.timestamps.seconds());
    return { container: containerOf(this.secrets, found.container), object };
  }

  /** The current object of that name, never an expired one, or the asked version, which expires only as the current one; a delete marker too. */
  async find(container: Pick<Container, 'id'>, name: string, version?: VersionName): Promise<StoredObject | undefined> {
    const row = await this.repository.find(this.db, container.id, name, version);
    if (row === undefined || typeof version === 'bigint') return row && objectWithBlob(row);
    return unlessExpired(objectWithBlob(row), this.timestamps.seconds());
  }

  /** Makes bytes durable that nobody sees yet; commit them within the hour. Throws `BodyTooLarge`, `BodyIncomplete`. */
  stage(container: Pick<Container, 'storagePolicy'>, bytes: Readable | Buffer, options: StageOptions): Promise<Staged> {
    const policy = findPolicy(this.settings, container.storagePolicy) ?? defaultPolicy(this.settings);
    return this.blobs.stage(policy.store, bytes, options);
  }

  /**
   * Stages bytes for `use`, which commits them or throws why not. Bytes that were refused go at once. After any other failure they
   * stay for the collector: a commit whose answer was lost may have happened.
   */
  async withStaged<Value>(container: Pick<Container, 'storagePolicy'>, bytes: Readable | Buffer, options: StageOptions, use: (staged: Staged) => Promise<Value>): Promise<Value> {
    const staged = await this.stage(container, bytes, options);
    try {
      return await use(staged);
    } catch (error) {
      if (isRefusal(error)) await this.blobs.discard(staged);
      throw error;
    }
  }

  /** Makes an object visible, as the container's versioning says. Throws what its `require` says, and `ContainerNotFound`. */
  async commit(container: Pick<Container, 'id'>, { staged, parts, within, ...put }: Put): Promise<PutAnswer> {
    const change = putChange(container.id, put, staged, parts ?? []);
    return within === undefined ? this.queue.make(change) : this.committer.commitWith(change, within);
  }

  /** The bytes in clear: all of them, or a range that lies within them. */
  async open(object: StoredObject, range: ByteRange | undefined, signal: AbortSignal): Promise<Readable | Buffer> {
    if (object.sizeBytes === 0) return EMPTY;
    if (object.blobId !== undefined) return this.blobs.open(object.blob ?? await this.blobOf(object.blobId, object.name), range, signal);
    const pieces = piecesOf(await this.partsOf(object), range);
    return joined(pieces, async ({ part, range: within }) => (
      part.blobId === undefined ? EMPTY : this.blobs.open(await this.blobOf(part.blobId, object.name), within, signal)));
  }

  /** Makes an object of another's bytes; takes the same time whatever their length. Throws also `ObjectNotFound`, where the source is gone. */
  async copy(source: StoredObject, target: Pick<Container, 'id'>, put: CopiedPut): Promise<PutAnswer> {
    const parts = source.blobId === undefined && source.sizeBytes > 0 ? await this.partsOf(source) : [];
    const change: PutChange = {
      kind: 'put', containerId: target.id, name: put.name, put, sizeBytes: source.sizeBytes, etag: put.etag ?? source.etag, parts,
      ...(source.blobId !== undefined && { blobId: source.blobId }), ...(put.require && { require: put.require }),
    };
    const gone = (): ObjectNotFound => new ObjectNotFound(source.name);
    return this.queue.make(change).catch(onForeignKey('object_blob_id_fkey', gone)).catch(onForeignKey('object_part_blob_id_fkey', gone));
  }

  /**
   * Removes what is current as the container's versioning says, or exactly one version; then `require.check` sees that version.
   * With `asNull` as if versioning were suspended: no version is removed, and none added but the null version's delete marker.
   * Throws `ObjectHeld` for a locked version.
   */
  async remove(container: Pick<Container, 'id'>, name: string, { version, require, asNull, at, bypassesGovernance = false }: RemoveOptions = {}): Promise<RemoveAnswer> {
    const change = { containerId: container.id, name, ...(require && { require }) };
    if (version === undefined) return this.queue.make({ kind: 'remove', ...change, ...(asNull && { asNull }), ...(at !== undefined && { at }) });
    return this.queue.make({ kind: 'remove-version', version, bypassesGovernance, ...change });
  }

  /** Changes what is said of one version; its bytes and its version stay. Throws `ObjectNotFound`. */
  async change(container: Pick<Container, 'id'>, object: StoredObject, change: ObjectChange): Promise<StoredObject> {
    return this.queue.make({ kind: 'amend', containerId: container.id, name: object.name, id: object.id, change });
  }

  /** Ends the time of what is current under these names now; it is not found any more, and removed with the next that expires. */
  async expire(container: Pick<Container, 'id'>, names: readonly string[]): Promise<void> {
    await this.committer.expire(container.id, names);
  }

  /** A page of visible objects in the order of their names. */
  async page(container: Pick<Container, 'id'>, query: ListQuery): Promise<(StoredObject | Subdir)[]> {
    const rows = await this.repository.page(this.db, container.id, query);
    return rows.map((row) => (row.subdir === null ? objectOf(row) : { subdir: row.subdir }));
  }

  /** A page of all versions and delete markers: by name, then from the newest. */
  async versions(container: Pick<Container, 'id'>, query: VersionQuery): Promise<(StoredObject | Subdir)[]> {
    if (query.isReversed === true) return versionsBackward((part) => this.repository.versionsBackward(this.db, container.id, part), query);
    const rows = await this.repository.versions(this.db, container.id, query);
    return rows.map((row) => (row.subdir === null ? objectOf(row) : { subdir: row.subdir }));
  }

  /** The parts of a multipart object, in order; none for any other. */
  parts(object: Pick<StoredObject, 'id'>): Promise<PartBytes[]> {
    return this.repository.parts(this.db, object.id);
  }

  /** Throws `ObjectNotFound` where the object is gone since it was found: its parts went with it. */
  private async partsOf(object: StoredObject): Promise<PartBytes[]> {
    const parts = await this.parts(object);
    return parts.length === 0 ? raise(new ObjectNotFound(object.name)) : parts;
  }

  private async blobOf(id: BlobId, name: string): Promise<KnownBlob> {
    const [blob] = await this.blobs.find([id]);
    return blob ?? raise(new ObjectNotFound(name));
  }
}

function putChange(containerId: ContainerId, put: CopiedPut, staged: Staged | undefined, parts: readonly PartBytes[]): PutChange {
  const sizeBytes = staged?.sizeBytes ?? parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  return {
    kind: 'put', containerId, name: put.name, put, sizeBytes, etag: put.etag ?? staged?.md5 ?? EMPTY_ETAG, parts,
    ...(staged?.blob && { newBlob: staged.blob }), ...(put.require && { require: put.require }),
  };
}
