import { Injectable } from '@nestjs/common';
import { mapLimit } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Timestamps } from '../timestamps/index.js';
import { CommitQueue } from './commit-queue.js';
import { ObjectNotFound, type StoredObject } from './object.js';
import { ObjectsRepository } from './objects.repository.js';

type Due = Awaited<ReturnType<ObjectsRepository['expired']>>[number];

const BATCH = 1_000;
const AT_ONCE = 64;

/**
 * Removes objects whose time is over. They are not found from that moment on; this gives back their space and takes them off
 * lists and counters. Of an object with versions only the current one's visibility ends: a delete marker is put before it, and
 * the version stays until somebody deletes it. Several processes may do it at once: each change looks again under the
 * container's lock.
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
      const answers = await mapLimit(due, AT_ONCE, (row) => (row.is_null_version ? this.remove(row) : this.retire(row)));
      const removed = answers.filter(Boolean).length;
      count += removed;
      isMore = due.length === BATCH && removed > 0;
    }
    return count;
  }

  private async remove({ container_id: containerId, name, version }: Due): Promise<boolean> {
    const { removed } = await this.queue.make({ kind: 'remove-version', containerId, name, version: BigInt(version), isExpiry: true });
    return removed !== undefined;
  }

  /** The marker first: were the time forgotten before it stands, the object would be back. */
  private async retire({ id, container_id: containerId, name }: Due): Promise<boolean> {
    // What has expired counts as absent; whatever else is current was put since, or says already that nothing is.
    const check = (current: StoredObject | undefined): void => { if (current !== undefined) throw new Superseded(); };
    try {
      await this.queue.make({ kind: 'remove', containerId, name, require: { check } });
    } catch (error) {
      if (!(error instanceof Superseded)) throw error;
    }
    await this.queue.make({ kind: 'amend', containerId, name, id, change: { expiresAt: null, keepsModifiedAt: true } }).catch(unlessGone);
    return true;
  }
}

/** Something else is current by now. */
class Superseded extends Error {}

/** Somebody removed it meanwhile. */
function unlessGone(error: unknown): void {
  if (!(error instanceof ObjectNotFound)) throw error;
}
