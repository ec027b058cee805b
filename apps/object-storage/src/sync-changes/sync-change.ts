import type { ContainerId } from '../containers/index.js';
import type { Microseconds } from '../timestamps/index.js';

/** A name of a container that is to be brought to where the container synchronizes to. What it is by now is looked up then. */
export interface SyncChange {
  containerId: ContainerId;
  name: string;
  /** When the name last changed; a deletion is sent with it. */
  changedAt: Microseconds;
  /** How often it has been tried, this time included. */
  attempts: number;
}
