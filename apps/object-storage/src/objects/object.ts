import { Conflict, NotFound, type Id } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import type { BlobId, KnownBlob, Staged } from '../blobs/index.js';
import type { ContainerId } from '../containers/index.js';
import type { Metadata } from '../metadata/index.js';
import type { Microseconds } from '../timestamps/index.js';
import type { Retention } from './hold.js';

export type ObjectId = Id<'object'>;

/** One version of an object, or a delete marker. */
export interface StoredObject {
  id: ObjectId;
  containerId: ContainerId;
  name: string;
  /** Microseconds since the epoch when it was put; rises strictly within a name. */
  version: bigint;
  /** Whether it was put while the container kept no versions (S3's version `null`). */
  isNullVersion: boolean;
  /** Whether it is the newest of its name. */
  isCurrent: boolean;
  isDeleteMarker: boolean;
  sizeBytes: number;
  /** Without quotes. */
  etag: string;
  contentType: string;
  metadata: Metadata;
  settings: ObjectSettings;
  /** Absent where the object is empty, a delete marker, or made of parts. */
  blobId?: BlobId;
  /** Where the bytes are, when the object was found; `open` asks anew where it is absent. */
  blob?: KnownBlob;
  modifiedAt: Microseconds;
  /** Seconds since the epoch; from then on the object is not found any more. */
  expiresAt?: number;
}

/**
 * What an object is told to do or to be, apart from headers. A slice adds its own key, typed, from its own files:
 * `declare module '../../objects/object.js' { interface ObjectSettings { tags?: Tags } }`.
 */
export interface ObjectSettings {
  /** How many parts a multipart object has. */
  partCount?: number;
  /** Until when this version cannot be removed, by whichever API (S3's object lock). */
  retention?: Retention;
  /** While true, this version cannot be removed. Set at all: a hold was put or taken once. */
  legalHold?: boolean;
}

/** One part of a multipart object, in order of its number. */
export interface PartBytes {
  number: number;
  /** Absent for an empty part. */
  blobId?: BlobId;
  sizeBytes: number;
  etag: string;
}

/** What must hold when the change is made, seen under the container's lock. */
export interface Precondition {
  /** `*`: there must be no current object. A list: its etag must be none of these. Else `PreconditionFailed`. */
  ifNoneMatch?: '*' | readonly string[];
  /** `*`: there must be a current object. A list: its etag must be one of these. Else `PreconditionFailed`. */
  ifMatch?: '*' | readonly string[];
  /** Throws where the change must not be made. Sees delete markers; not an expired object. No effects: it may run again. */
  check?: (current: StoredObject | undefined) => void;
  /** The current object must have been put before this moment. Else `ObjectIsNewer`. */
  isNewerThan?: Microseconds;
}

/** An object to make visible. */
export interface Put {
  name: string;
  staged?: Staged;
  /** Instead of `staged`: bytes that others uploaded already, in order. */
  parts?: readonly PartBytes[];
  /** Default: the MD5 of the staged bytes. */
  etag?: string;
  contentType: string;
  metadata: Metadata;
  settings?: ObjectSettings;
  expiresAt?: number;
  /** Changes what belongs together with the object, in its transaction; throws to make neither. Runs again where the transaction does. */
  within?: (tx: Tx) => Promise<void>;
  /** Default: now. For what another site put (container sync); only sets `modifiedAt`. */
  modifiedAt?: Microseconds;
  require?: Precondition;
  /** Takes the place of the null version even where the container keeps versions: none of them is replaced, and none added. */
  asNull?: true;
}

/** A copy: the bytes are the source's. */
export type CopiedPut = Omit<Put, 'staged' | 'parts' | 'within'>;

export interface PutAnswer {
  object: StoredObject;
  /** What was current before; a delete marker too. */
  replaced?: StoredObject;
}

export interface RemoveAnswer {
  /** The version that is gone, or that is not current any more. Absent: there was none. */
  removed?: StoredObject;
  /** The delete marker that took its place, where the container keeps versions. */
  deleteMarker?: StoredObject;
}

/** What of an object changes without a new version. */
export interface ObjectChange {
  /** Replaces all. */
  metadata?: Metadata;
  contentType?: string;
  /** Keys to set; `undefined` removes one. */
  settings?: { [Key in keyof ObjectSettings]?: ObjectSettings[Key] | undefined };
  /** `null` removes it. */
  expiresAt?: number | null;
  /** Whether `modifiedAt` stays as it is; S3's sub-resources (tags, ACL, lock) leave it alone, Swift's POST moves it. */
  keepsModifiedAt?: boolean;
  /** Default: now. */
  modifiedAt?: Microseconds;
  /** Looks at the version before it is changed, under the lock; throws where it must not be. */
  check?: (object: StoredObject) => void;
}

export class ObjectNotFound extends NotFound {
  constructor(name: string) {
    super('object-storage.object.not-found', `There is no object ${name}.`);
  }
}

export class PreconditionFailed extends Conflict {
  constructor(readonly current: StoredObject | undefined) {
    super('object-storage.precondition-failed', 'The object is not as the request requires it to be.', { status: 412 });
  }
}

export class ObjectIsNewer extends Conflict {
  constructor() {
    super('object-storage.object.newer', 'The object has been changed since.');
  }
}
