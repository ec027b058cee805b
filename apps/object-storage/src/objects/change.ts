import type { StagedBlob } from '../blobs/index.js';
import type { ContainerId } from '../containers/index.js';
import type { CopiedPut, ObjectChange, ObjectId, PartBytes, Precondition, PutAnswer, RemoveAnswer, StoredObject } from './object.js';
import type { BlobId } from '../blobs/index.js';
import type { Microseconds } from '../timestamps/index.js';

/** An object to make visible, its bytes settled. */
export interface PutChange {
  kind: 'put';
  containerId: ContainerId;
  name: string;
  put: CopiedPut;
  sizeBytes: number;
  etag: string;
  /** A new blob, whose row is written with the object's. */
  newBlob?: StagedBlob;
  /** A blob that others have too. */
  blobId?: BlobId;
  parts: readonly PartBytes[];
  require?: Precondition;
}

/** What is current to be taken away, as versioning says. */
export interface RemoveChange {
  kind: 'remove';
  containerId: ContainerId;
  name: string;
  /** When it was removed where it comes from (container sync). Default: now. */
  at?: Microseconds;
  /** Leaves the null version's delete marker, also where the container keeps versions. */
  asNull?: true;
  require?: Precondition;
}

/** One version to be taken away. */
export interface RemoveVersionChange {
  kind: 'remove-version';
  containerId: ContainerId;
  name: string;
  version: bigint | 'null';
  /** Whether it goes because its time is over: only if that is so under the lock, and with a delete marker where versions are kept. */
  isExpiry?: boolean;
  /** Whether a governance retention does not count. */
  bypassesGovernance?: boolean;
  /** Its `check` sees that version. */
  require?: Precondition;
}

/** Something else to be said of one version. */
export interface AmendChange {
  kind: 'amend';
  containerId: ContainerId;
  name: string;
  id: ObjectId;
  change: ObjectChange;
}

export type Change = PutChange | RemoveChange | RemoveVersionChange | AmendChange;

export interface Outcomes {
  'put': PutAnswer;
  'remove': RemoveAnswer;
  'remove-version': RemoveAnswer;
  'amend': StoredObject;
}

export type Outcome = Outcomes[Change['kind']];

/** What became of one change of a batch. */
export type Settled = { outcome: Outcome } | { error: unknown };
