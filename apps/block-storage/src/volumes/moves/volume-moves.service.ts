import { Injectable } from '@nestjs/common';
import { volumeActions as contract, volumes } from '@virga/contracts-block-storage';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { isMultiattachType, type VolumeType } from '../../volume-types/index.js';
import { VolumeAccess } from '../volume-access.js';
import { isMoving, VolumeState, type Volume } from '../volume.js';
import { VolumesRepository } from '../volumes.repository.js';
import { MigrationImpossible, MoveBeginnings } from './move-beginnings.js';
import { MoveRequests, RetypeImpossible } from './move-requests.js';

/** Other types and other backends for volumes. */
@Injectable()
export class VolumeMoves {
  constructor(
    private readonly db: Database,
    private readonly volumes: VolumesRepository,
    private readonly access: VolumeAccess,
    private readonly requests: MoveRequests,
    private readonly beginnings: MoveBeginnings,
  ) {}

  /** Changes the type at once where the volume can stay where it is; else it moves, where that is allowed. */
  async retype(caller: Caller, id: string, { newType, mayMove }: { newType: string; mayMove: boolean }, signal: AbortSignal): Promise<void> {
    const seen = await this.access.require(caller, contract.retypeVolume.policy, id);
    const type = await this.requests.type(caller, seen, newType);
    if (isMultiattachType(type.extraSpecs) && !seen.isMultiattach) await this.access.require(caller, volumes.createMultiattach, id);
    requireRetypable(seen, type);
    const stays = await this.requests.suits(seen, type);
    if (!stays && !mayMove) throw new RetypeImpossible('Retype requires migration but is not allowed.');
    const user = stays ? undefined : await this.beginnings.userOf(seen, signal);
    await this.db.transaction(async (tx) => {
      const volume = await this.volumes.lock(tx, seen.id);
      requireRetypable(volume, type);
      // Asked again when the type changes: now, so that nothing is copied in vain.
      await this.requests.requireQuota(tx, volume, type);
      if (stays) {
        await this.volumes.edit(tx, volume, { typeId: type.id, isMultiattach: isMultiattachType(type.extraSpecs) });
        return;
      }
      await this.beginnings.start(tx, volume, { target: null, typeId: type.id, user }, caller);
    });
  }

  /** Moves the volume to the named backend (`HOST@BACKEND#POOL`). */
  async migrate(caller: Caller, id: string, host: string, signal: AbortSignal): Promise<void> {
    const seen = await this.access.require(caller, contract.migrateVolume.policy, id);
    const target = await this.requests.backend(host);
    const user = await this.beginnings.userOf(seen, signal);
    await this.db.transaction(async (tx) => {
      const volume = await this.volumes.lock(tx, seen.id);
      if (volume.backend === target) throw new MigrationImpossible(`Volume ${volume.id} is on ${target} already.`);
      await this.requests.requireRoom(tx, volume, target);
      await this.beginnings.start(tx, volume, { target, typeId: null, user }, caller);
    });
  }

  /** Our migrations need nobody to complete them: there is never a second volume that could be named. */
  async complete(caller: Caller, id: string, newVolumeId: string): Promise<string> {
    const volume = await this.access.require(caller, contract.migrateVolumeCompletion.policy, id);
    const other = await this.access.require(caller, contract.migrateVolumeCompletion.policy, newVolumeId);
    if (!isMoving(volume) && !isMoving(other)) return other.id;
    throw new MigrationImpossible(isMoving(volume) ? 'Destination volume not mid-migration.' : 'Source volume not mid-migration.');
  }
}

/** Throws `Invalid` where what the volume is, or is doing, forbids another type. */
function requireRetypable(volume: Volume, type: VolumeType): void {
  const isQuiet = ['available', 'in-use'].includes(volume.status) && !isMoving(volume) && volume.groupId === null && volume.typeId !== type.id;
  if (!isQuiet) {
    throw new VolumeState('Retype needs volume to be in available or in-use state, not be part of an active migration or a group, and the requested type has to be '
      + 'different from the one of the volume.');
  }
  if (volume.isMultiattach !== isMultiattachType(type.extraSpecs) && volume.status !== 'available') {
    throw new RetypeImpossible(`Invalid volume_type passed, retypes affecting multiattach are only allowed on available volumes, the specified volume however currently has a status of: ${volume.status}.`);
  }
}
