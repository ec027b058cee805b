import { Injectable } from '@nestjs/common';
import { isUuid, newId, type ProjectId, type SnapshotId } from '@virga/kernel';
import type { Initiator, WakeKey } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import { SnapshotDeletion, snapshotSettled, SnapshotsRepository, SnapshotTaking, type Snapshot } from '../snapshots/index.js';
import type { Volume } from '../volumes/index.js';
import type { BegunProduct, Maker, Making, WantedProduct } from './maker.js';
import type { ProductState } from './retention.js';
import { SnapshotUsesRepository } from './snapshot-uses.repository.js';

const STATES: Partial<Record<Snapshot['status'], ProductState['state']>> = { available: 'ready', error: 'failed', error_deleting: 'failed', deleting: 'leaving', unmanaging: 'leaving' };

/** Takes snapshots: those of one backend together, by one command, so that they are of one point in time; also of volumes in use. */
@Injectable()
export class SnapshotMaker implements Maker {
  constructor(
    private readonly snapshots: SnapshotsRepository,
    private readonly uses: SnapshotUsesRepository,
    private readonly taking: SnapshotTaking,
    private readonly deletion: SnapshotDeletion,
  ) {}

  togetherKey({ backend, id }: Volume): string {
    return backend ?? id;
  }

  async start(tx: Tx, wanted: readonly WantedProduct[], { owner, name, description, metadata }: Making, by: Initiator): Promise<BegunProduct[]> {
    const taken = await this.taking.start(tx, wanted.map(({ volume }) => ({ id: newId<'snapshot'>(), volume, name, description, metadata })), { owner, isInUseAllowed: true }, by);
    return taken.map(({ id, volumeId }) => ({ id, volumeId, isIncremental: false }));
  }

  async states(db: Reader, projectId: ProjectId, ids: readonly string[]): Promise<ReadonlyMap<string, ProductState>> {
    const found = (await this.snapshots.byIds(db, ids.filter(isUuid))).filter((snapshot) => snapshot.projectId === projectId && snapshot.status !== 'deleted');
    const inUse = await this.uses.beingMadeInto(db, found.map(({ id }) => id));
    return new Map(found.map(({ id, status, fault, groupSnapshotId }) => [
      id, { state: STATES[status] ?? 'pending', message: fault?.message ?? null, isNeeded: inUse.has(id) || groupSnapshotId !== null },
    ]));
  }

  async remove(tx: Tx, id: string, by: Initiator): Promise<void> {
    await this.deletion.start(tx, await this.snapshots.lock(tx, id as SnapshotId), by);
  }

  settled(id: string): WakeKey {
    return snapshotSettled(id);
  }
}
