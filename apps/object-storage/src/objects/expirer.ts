import { Injectable } from '@nestjs/common';
import { mapLimit } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Timestamps } from '../timestamps/index.js';
import { CommitQueue } from './commit-queue.js';
import { ObjectsRepository } from './objects.repository.js';

const BATCH = 1_000;
const AT_ONCE = 64;

/**
 * Removes objects whose time is over. They are not found from that moment on; this gives back their space and takes them off
 * lists and counters. Several processes may do it at once: each removal looks again under the container's lock.
 */
@Injectable()
export class Expirer {
  constructor(
    private readonly db: Database,
    private readonly objects: ObjectsRepository,
    private readonly queue: CommitQueue,
    private readonly timestamps: Timestamps,
  ) {}

  /** One pass; answers how many it removed. */
  async expire(signal: AbortSignal): Promise<number> {
    let count = 0;
    for (let isMore = true; isMore && !signal.aborted;) {
      const due = await this.objects.expired(this.db, this.timestamps.seconds(), BATCH);
      const answers = await mapLimit(due, AT_ONCE, (row) => this.queue.make({
        kind: 'remove-version', containerId: row.container_id, name: row.name, version: BigInt(row.version), isExpiry: true,
      }));
      const removed = answers.filter((answer) => answer.removed !== undefined).length;
      count += removed;
      isMore = due.length === BATCH && removed > 0;
    }
    return count;
  }
}
