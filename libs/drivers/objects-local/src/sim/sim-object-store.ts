import type { Clock } from '@virga/kernel';
import { LocalObjectStore, type LocalStoreOptions } from '../local-object-store.js';
import { SimDisk } from './sim-disk.js';

/** The store's twin: the same store on a disk in memory, whose `disk` fails, fills up, rots and loses power on demand. */
export class SimObjectStore extends LocalObjectStore {
  private constructor(readonly simDisk: SimDisk, clock: Clock, options: Partial<LocalStoreOptions>) {
    super(simDisk.mount(), clock, options);
  }

  /** A store on a disk of its own, or again on one that another process has left. */
  static async start(clock: Clock, simDisk: SimDisk = new SimDisk(clock), options: Partial<LocalStoreOptions> = {}): Promise<SimObjectStore> {
    const store = new SimObjectStore(simDisk, clock, options);
    await store.prepare();
    return store;
  }
}
