import { Injectable } from '@nestjs/common';
import { snapshotActions as contract } from '@virga/contracts-block-storage';
import { NotFound, raise, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Quotas } from '@virga/quota';
import { BackendsRepository } from '../backends/index.js';
import { charge } from '../quota.js';
import { amountsOf } from './snapshot-amounts.js';
import { SnapshotAccess } from './snapshot-access.js';
import { SnapshotChanges } from './snapshot-changes.js';
import { ReferenceUnknown, SnapshotBusy } from './snapshot-faults.js';
import { projectOf, SnapshotRows } from './snapshots.service.js';
import { DELETABLE, type Snapshot } from './snapshot.js';
import { UnmanagedSnapshotsRepository, type ManageableSnapshot } from './unmanaged-snapshots.repository.js';

/** A snapshot to be managed: which, of which volume, and what it is to be called. */
export interface ManageWish {
  volumeId: string;
  /** The snapshot's id on its backend; undefined where the reference names none. */
  reference: string | undefined;
  name: string | null;
  description: string | null;
  metadata: Record<string, string>;
}

class HostUnknown extends NotFound {
  constructor(host: string) {
    super('block-storage.host.unknown', `Service cinder-volume could not be found on host ${host.slice(0, 255)}.`);
  }
}

/** The parts of what snapshots' managers do. */
@Injectable()
export class ManagedSnapshotParts {
  constructor(
    readonly rows: SnapshotRows, readonly unmanaged: UnmanagedSnapshotsRepository, readonly changes: SnapshotChanges, readonly backends: BackendsRepository,
    readonly quotas: Quotas,
  ) {}
}

/**
 * Lets snapshots go without removing them, and takes them back.
 *
 * A backend knows a snapshot by its id and nothing else, so one that comes back has the id that it had. Nothing has to be asked of the
 * backend: both are one transaction.
 */
@Injectable()
export class ManagedSnapshots {
  constructor(
    private readonly db: Database,
    private readonly parts: ManagedSnapshotParts,
    private readonly access: SnapshotAccess,
    private readonly policy: Policy,
  ) {}

  async unmanage(caller: Caller, id: string): Promise<void> {
    const { id: known } = await this.access.require(caller, contract.unmanageSnapshot.policy, id);
    await this.db.transaction(async (tx) => {
      const snapshot = await this.parts.rows.snapshots.lock(tx, known);
      if (snapshot.groupSnapshotId !== null || !DELETABLE.includes(snapshot.status)) {
        throw new SnapshotBusy(snapshot.id, 'Snapshot status must be available or error and must not be part of a group.');
      }
      await this.parts.unmanaged.insert(tx, snapshot);
      await this.parts.changes.become(tx, snapshot, 'deleted');
    });
  }

  async manage(caller: Caller, wish: ManageWish): Promise<Snapshot> {
    const { id: volumeId } = await this.parts.rows.volumeAccess.require(caller, contract.manageSnapshot.policy, wish.volumeId);
    const owner = { projectId: projectOf(caller), userId: caller.userId };
    return this.db.transaction(async (tx) => {
      const volume = await this.parts.rows.volumes.lock(tx, volumeId);
      const found = await this.parts.unmanaged.take(tx, wish.reference ?? '', volume.backend ?? '');
      if (found === undefined || found.volumeId !== volume.id) throw new ReferenceUnknown();
      await charge(this.parts.quotas, tx, owner.projectId, amountsOf([{ sizeGibibytes: found.sizeGibibytes, typeName: volume.typeName }]));
      const { name, description, metadata } = wish;
      const [snapshot] = await this.parts.changes.insert(tx, [{
        ...found, ...owner, name, description, metadata, status: 'available', progress: '100%', typeId: volume.typeId, groupSnapshotId: null, consumesQuota: true,
      }]);
      return snapshot as Snapshot;
    });
  }

  /** Everything of the kind that is on the backend; `asked` reads which, and is only tried for those who may ask. */
  async list(caller: Caller, asked: () => string): Promise<ManageableSnapshot[]> {
    this.policy.require(caller, contract.listManageableSnapshots.policy, { project_id: caller.projectId });
    const backend = asked();
    const known = (await this.parts.backends.find(this.db, backend)) ?? raise(new HostUnknown(backend));
    return this.parts.unmanaged.onBackend(this.db, known.name);
  }
}
