import { Injectable } from '@nestjs/common';
import { Invalid, type ProjectId, type SnapshotId, type UserId } from '@virga/kernel';
import { Operations, type Initiator } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { BackendsRepository } from '../backends/index.js';
import { charge } from '../quota.js';
import { isMoving, type Volume } from '../volumes/index.js';
import { CreateSnapshots } from './operations/create-snapshots.operation.js';
import { amountsOf } from './snapshot-amounts.js';
import { SnapshotChanges } from './snapshot-changes.js';
import { VolumeNotSnapshotted } from './snapshot-faults.js';
import { statusesToSnapshot, type Snapshot } from './snapshot.js';

/** The backend takes no changes for now: an operator has frozen it. */
export class BackendFrozen extends Invalid {
  constructor() {
    super('block-storage.backend.frozen', 'Invalid input received: Modification operations are not allowed on frozen storage endpoints.');
  }
}

/** One of the snapshots that are to be taken; its volume is locked. */
export interface Wanted {
  id: SnapshotId;
  volume: Volume;
  name: string | null;
  description: string | null;
  metadata: Record<string, string>;
}

export interface Taking {
  /** Whose they become, and who is charged. */
  owner: { projectId: ProjectId; userId: UserId };
  isInUseAllowed: boolean;
  groupSnapshotId?: string;
}

/** Begins snapshots, in the transaction of whoever has a reason to: users, compute, groups, schedules. */
@Injectable()
export class SnapshotTaking {
  constructor(
    private readonly changes: SnapshotChanges,
    private readonly backends: BackendsRepository,
    private readonly quotas: Quotas,
    private readonly operations: Operations,
  ) {}

  /** All of them, taken together by one operation. */
  async start(tx: Tx, wanted: readonly Wanted[], taking: Taking, by: Initiator): Promise<Snapshot[]> {
    const snapshots = await this.insert(tx, wanted, taking);
    const [first] = snapshots;
    if (first !== undefined) {
      const params = { snapshots: snapshots.map(({ id, generation }) => ({ id, generation })) };
      await this.operations.start(tx, CreateSnapshots, params, { on: first, by });
    }
    return snapshots;
  }

  /** The rows, charged, and in `creating`: the caller starts the operation that ends it. */
  async insert(tx: Tx, wanted: readonly Wanted[], { owner, isInUseAllowed, groupSnapshotId }: Taking): Promise<Snapshot[]> {
    for (const { volume } of wanted) await this.requireSnapshottable(tx, volume, isInUseAllowed);
    await charge(this.quotas, tx, owner.projectId, amountsOf(wanted.map(({ volume }) => volume)));
    return this.changes.insert(tx, wanted.map(({ id, volume, name, description, metadata }) => ({
      id, ...owner, volumeId: volume.id, name, description, metadata, sizeGibibytes: volume.sizeGibibytes, status: 'creating' as const, backend: volume.backend ?? '',
      keyId: volume.keyId, typeId: volume.typeId, groupSnapshotId: groupSnapshotId ?? null, imageMetadata: volume.imageMetadata, isBootable: volume.isBootable,
      consumesQuota: true,
    })));
  }

  private async requireSnapshottable(tx: Tx, volume: Volume, isInUseAllowed: boolean): Promise<void> {
    const reason = whyNot(volume, statusesToSnapshot({ isInUseAllowed }));
    if (reason !== undefined) throw new VolumeNotSnapshotted(volume.id, reason);
    const backend = volume.backend === null ? undefined : await this.backends.find(tx, volume.backend);
    if (backend?.isFrozen === true) throw new BackendFrozen();
  }
}

function whyNot(volume: Volume, allowed: readonly string[]): string | undefined {
  const { id, status, backend } = volume;
  if (backend === null) return 'The snapshot cannot be created because volume has not been scheduled to any host.';
  if (status === 'maintenance') return 'The snapshot cannot be created when the volume is in maintenance mode.';
  if (isMoving(volume)) return 'Snapshot cannot be created while volume is migrating.';
  if (status === 'error') return 'The snapshot cannot be created when the volume is in error status.';
  return allowed.includes(status) ? undefined : `Volume ${id} status must be ${allowed.join(', ')}, but current status is: ${status}.`;
}
