import type { ProjectId, UserId } from '@virga/kernel';
import type { Initiator, WakeKey } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import type { Volume } from '../volumes/index.js';
import type { ProductState } from './retention.js';

/** Something that is to be made of a volume, which is locked. */
export interface WantedProduct {
  volume: Volume;
  /** It may build on the one before; where that turns out to be impossible, it is whole. */
  isIncremental: boolean;
}

/** What has been begun. */
export interface BegunProduct {
  id: string;
  volumeId: string;
  isIncremental: boolean;
}

/** In whose name, and what it is called. */
export interface Making {
  owner: { projectId: ProjectId; userId: UserId };
  name: string;
  description: string | null;
  metadata: Record<string, string>;
}

/** How one kind of product is made and removed: by the same use cases that its API has. */
export interface Maker {
  /** What of the volumes can only be begun together, because it is of one point in time: those with the same key. */
  togetherKey(volume: Volume): string;
  /** Begins all of them or, throwing what its API would, none; the caller starts nothing else in this transaction. */
  start(tx: Tx, wanted: readonly WantedProduct[], making: Making, by: Initiator): Promise<BegunProduct[]>;
  /** Those of them that the project still has. */
  states(db: Reader, projectId: ProjectId, ids: readonly string[]): Promise<ReadonlyMap<string, ProductState>>;
  /** Begins the removal; throws what its API would. */
  remove(tx: Tx, id: string, by: Initiator): Promise<void>;
  /** Woken when it has been made, has failed or is gone. */
  settled(id: string): WakeKey;
}
