import { Injectable } from '@nestjs/common';
import { contextIsAdmin, snapshots as contract } from '@virga/contracts-block-storage';
import { Forbidden, newId, raise, type Caller, type ProjectId } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import type { Listing } from '../listings/index.js';
import { VolumesRepository, VolumeAccess } from '../volumes/index.js';
import { MarkerUnknown } from '../wire/index.js';
import { SnapshotAccess } from './snapshot-access.js';
import { SnapshotDeletion } from './snapshot-deletion.js';
import type { SnapshotWish } from './snapshot-input.js';
import { SnapshotTaking } from './snapshot-taking.js';
import type { Snapshot } from './snapshot.js';
import { SnapshotsRepository, type SnapshotEdit } from './snapshots.repository.js';

export interface ListedSnapshots {
  snapshots: Snapshot[];
  isFull: boolean;
  count: number | undefined;
}

/** The rows that use cases of snapshots need. */
@Injectable()
export class SnapshotRows {
  constructor(readonly snapshots: SnapshotsRepository, readonly volumes: VolumesRepository, readonly volumeAccess: VolumeAccess) {}
}

@Injectable()
export class SnapshotsService {
  constructor(
    private readonly db: Database,
    private readonly rows: SnapshotRows,
    private readonly access: SnapshotAccess,
    private readonly taking: SnapshotTaking,
    private readonly deletion: SnapshotDeletion,
    private readonly policy: Policy,
  ) {}

  async create(caller: Caller, wish: SnapshotWish): Promise<Snapshot> {
    const { id } = await this.rows.volumeAccess.require(caller, contract.createSnapshot.policy, wish.volumeId);
    const owner = { projectId: projectOf(caller), userId: caller.userId };
    return this.db.transaction(async (tx) => {
      const volume = await this.rows.volumes.lock(tx, id);
      const wanted = { id: newId<'snapshot'>(), volume, name: wish.name, description: wish.description, metadata: wish.metadata };
      const [snapshot] = await this.taking.start(tx, [wanted], { owner, isInUseAllowed: wish.isInUseAllowed }, caller);
      return snapshot as Snapshot;
    });
  }

  /** Whether the caller sees all projects and may filter by anything. */
  isAdmin(caller: Caller): boolean {
    return this.policy.allows(caller, contextIsAdmin, {});
  }

  async list(caller: Caller, listing: Listing): Promise<ListedSnapshots> {
    this.policy.require(caller, contract.listSnapshotsRule, { project_id: caller.projectId });
    const project = listing.isForAll ? undefined : caller.projectId ?? '';
    if (listing.marker !== undefined) await this.requireMarker(listing.marker, project);
    const snapshots = await this.rows.snapshots.page(this.db, project, listing);
    const count = listing.isCounted ? await this.rows.snapshots.count(this.db, project, listing) : undefined;
    return { snapshots, isFull: snapshots.length === listing.limit, count };
  }

  get(caller: Caller, id: string): Promise<Snapshot> {
    return this.access.require(caller, contract.getSnapshotRule, id);
  }

  async update(caller: Caller, id: string, edit: SnapshotEdit): Promise<Snapshot> {
    const { id: known } = await this.access.require(caller, contract.updateSnapshot.policy, id);
    return this.db.transaction(async (tx) => this.rows.snapshots.edit(tx, await this.rows.snapshots.lock(tx, known), edit));
  }

  async delete(caller: Caller, id: string): Promise<void> {
    const { id: known } = await this.access.require(caller, contract.deleteSnapshot.policy, id);
    await this.db.transaction(async (tx) => this.deletion.start(tx, await this.rows.snapshots.lock(tx, known), caller));
  }

  private async requireMarker(id: string, project: string | undefined): Promise<void> {
    const marker = await this.rows.snapshots.find(this.db, id);
    if (marker === undefined || (project !== undefined && marker.projectId !== project)) throw new MarkerUnknown(id);
  }
}

/** Snapshots belong to the project of whoever takes them. */
export function projectOf({ projectId }: Caller): ProjectId {
  return projectId ?? raise(new Forbidden('block-storage.no-project', 'Use a token that is scoped to a project.'));
}
