import { Conflict, NotFound, type Id } from '@virga/kernel';
import type { Metadata } from '../metadata/index.js';
import type { Microseconds } from '../timestamps/index.js';

export type ContainerId = Id<'container'>;

/** What Swift calls a container and S3 a bucket. */
export interface Container {
  id: ContainerId;
  account: string;
  name: string;
  storagePolicy: string;
  metadata: Metadata;
  settings: ContainerSettings;
  /** Visible objects: versions that are not current and delete markers do not count. */
  objectCount: number;
  /** Bytes of all versions. */
  bytesUsed: number;
  createdAt: Microseconds;
  /** When it was created or its metadata or settings last changed. */
  changedAt: Microseconds;
}

/**
 * What a container is told to do, apart from headers. A slice adds its own key, typed, from its own files:
 * `declare module '../../containers/container.js' { interface ContainerSettings { cors?: CorsRule[] } }`.
 */
export interface ContainerSettings {
  /** Absent: an object is replaced. `enabled`: every put adds a version. `suspended`: a put replaces the null version. */
  versioning?: 'enabled' | 'suspended';
}

export class ContainerNotFound extends NotFound {
  constructor(name: string) {
    super('object-storage.container.not-found', `There is no container ${name}.`);
  }
}

export class ContainerNotEmpty extends Conflict {
  constructor() {
    super('object-storage.container.not-empty', 'The container still holds objects or versions of objects.');
  }
}

/** Locked versions need a container that keeps versions, for ever. */
export class ContainerLocked extends Conflict {
  constructor() {
    super('object-storage.container.locked', 'The container locks its objects: it keeps versions for ever.');
  }
}

/** The global name is another container's. */
export class BucketTaken extends Conflict {
  constructor(name: string, readonly ownerAccount: string) {
    super('object-storage.bucket.taken', `The bucket name ${name} is taken.`);
  }
}
