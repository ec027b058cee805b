import { Injectable } from '@nestjs/common';
import { volumes as contract } from '@virga/contracts-block-storage';
import type { Caller } from '@virga/kernel';
import { Operations, type Initiator } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { VolumeCascade } from './cascade.js';
import { DeleteVolume } from './operations/delete-volume.operation.js';
import { targetOf, VolumeAccess } from './volume-access.js';
import type { VolumeDetails } from './volume-details.repository.js';
import { VolumeSourcesRepository } from './volume-sources.repository.js';
import { isMoving, VolumeState, type Volume, type VolumeStatus } from './volume.js';
import { VolumesRepository, type VolumeChange } from './volumes.repository.js';

/** Cinder's statuses in which a volume may be deleted. */
const DELETABLE: readonly VolumeStatus[] = ['available', 'error', 'error_restoring', 'error_extending', 'error_managing', 'error_deleting'];

export interface DeleteOptions {
  isCascading: boolean;
  isForced: boolean;
  /** It goes because its group does. */
  isWithGroup?: boolean;
}

/** What depends on volumes. */
@Injectable()
export class DependentRows {
  constructor(readonly sources: VolumeSourcesRepository, readonly cascade: VolumeCascade) {}
}

/** Changes volumes in the request itself, or lets deletion begin. */
@Injectable()
export class VolumeChanges {
  constructor(
    private readonly db: Database,
    private readonly volumes: VolumesRepository,
    private readonly rows: DependentRows,
    private readonly access: VolumeAccess,
    private readonly operations: Operations,
    private readonly policy: Policy,
  ) {}

  async update(caller: Caller, id: string, change: Pick<VolumeChange, 'name' | 'description' | 'metadata'>): Promise<VolumeDetails> {
    const found = await this.access.require(caller, contract.updateVolume.policy, id);
    await this.db.transaction(async (tx) => this.volumes.edit(tx, await this.volumes.lock(tx, found.id), change));
    return this.access.requireDetails(caller, contract.updateVolume.policy, id);
  }

  /** The volume begins to go. */
  async delete(caller: Caller, id: string, options: DeleteOptions): Promise<void> {
    const found = await this.access.require(caller, contract.deleteVolume.policy, id);
    if (options.isForced) this.policy.require(caller, contract.forceDelete, targetOf(found));
    await this.db.transaction(async (tx) => this.startDelete(tx, await this.volumes.lock(tx, found.id), options, caller));
  }

  /** The locked volume begins to go; part of the caller's transaction. Throws `VolumeState`. */
  async startDelete(tx: Tx, volume: Volume, { isForced, isCascading, isWithGroup = false }: DeleteOptions, by: Initiator): Promise<void> {
    requireLetGo(volume, isForced, isWithGroup);
    if ((await this.rows.sources.countAttachments(tx, volume.id)) > 0) throw new VolumeState(`Volume ${volume.id} is still attached, detach volume first.`);
    const snapshots = await this.rows.sources.countSnapshots(tx, volume.id);
    if (snapshots > 0 && !isCascading) throw new NotDeletable();
    if (snapshots > 0) await this.rows.cascade.startDelete(tx, volume, by);
    await this.volumes.become(tx, volume, 'deleting', { raisesGeneration: true, fault: null });
    if (await this.rows.sources.isBeingCopied(tx, { sourceVolumeId: volume.id, snapshotId: null })) {
      throw new VolumeState(`Volume ${volume.id} is the source of a volume that is being made; delete it when that is done.`);
    }
    await this.operations.start(tx, DeleteVolume, { volumeId: volume.id }, { on: volume, by });
  }
}

class NotDeletable extends VolumeState {
  constructor() {
    super('Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, '
      + 'belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.');
  }
}

/** Throws where the volume's status, its migration or its group holds it. */
function requireLetGo(volume: Volume, isForced: boolean, isWithGroup: boolean): void {
  const { status, groupId } = volume;
  const isReady = isForced || DELETABLE.includes(status);
  const isHeldByGroup = groupId !== null && !isWithGroup;
  if (!isReady || isHeldByGroup || isMoving(volume)) throw new NotDeletable();
}
