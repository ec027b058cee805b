import { Injectable } from '@nestjs/common';
import { volumeActions as contract, volumes } from '@virga/contracts-block-storage';
import { Invalid, newId, type Caller } from '@virga/kernel';
import { Operations, type OperationClass } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { isMultiattachType, type VolumeType } from '../../volume-types/index.js';
import { VolumeAccess } from '../volume-access.js';
import { requireBackend } from '../volume-build.js';
import { VolumeState, type Volume, type VolumeStatus } from '../volume.js';
import { VolumesRepository } from '../volumes.repository.js';
import { MoveRequests, RetypeImpossible } from './move-requests.js';
import { MigrateVolume, RetypeVolume } from './move-volume.operations.js';
import { VolumeMigrationsRepository } from './volume-migrations.repository.js';

class MigrationImpossible extends Invalid {
  constructor(reason: string) {
    super('block-storage.volume.migration', `Invalid volume: ${reason}`);
  }
}

/** What a move needs to know of its end. */
interface Destination {
  kind: OperationClass<MigrateVolume | RetypeVolume>;
  status: VolumeStatus;
  target: string | null;
  typeId: string | null;
}

const NOT_MOVING: readonly (string | null)[] = [null, 'none', 'success', 'error', 'deleting'];

/** Other types and other backends for volumes. */
@Injectable()
export class VolumeMoves {
  constructor(
    private readonly db: Database,
    private readonly volumes: VolumesRepository,
    private readonly access: VolumeAccess,
    private readonly requests: MoveRequests,
    private readonly migrations: VolumeMigrationsRepository,
    private readonly operations: Operations,
  ) {}

  /** Changes the type at once where the volume can stay where it is; else it moves, where that is allowed. */
  async retype(caller: Caller, id: string, newType: string, mayMove: boolean): Promise<void> {
    const seen = await this.access.require(caller, contract.retypeVolume.policy, id);
    const type = await this.requests.type(caller, seen, newType);
    if (isMultiattachType(type.extraSpecs) && !seen.isMultiattach) await this.access.require(caller, volumes.createMultiattach, id);
    requireRetypable(seen, type);
    const stays = await this.requests.suits(seen, type);
    if (!stays && !mayMove) throw new RetypeImpossible('Retype requires migration but is not allowed.');
    await this.db.transaction(async (tx) => {
      const volume = await this.volumes.lock(tx, seen.id);
      requireRetypable(volume, type);
      // Asked again when the type changes: now, so that nothing is copied in vain.
      await this.requests.requireQuota(tx, volume, type);
      if (stays) {
        await this.volumes.edit(tx, volume, { typeId: type.id, isMultiattach: isMultiattachType(type.extraSpecs) });
        return;
      }
      requireStill(volume, await this.requests.countSnapshots(tx, volume));
      await this.start(tx, caller, volume, { kind: RetypeVolume, status: 'retyping', target: null, typeId: type.id });
    });
  }

  /** Moves the volume to the named backend (`HOST@BACKEND#POOL`). */
  async migrate(caller: Caller, id: string, host: string): Promise<void> {
    const seen = await this.access.require(caller, contract.migrateVolume.policy, id);
    const target = await this.requests.backend(host);
    await this.db.transaction(async (tx) => {
      const volume = await this.volumes.lock(tx, seen.id);
      if (volume.backend === target) throw new MigrationImpossible(`Volume ${volume.id} is on ${target} already.`);
      requireStill(volume, await this.requests.countSnapshots(tx, volume));
      await this.requests.requireRoom(tx, volume, target);
      await this.start(tx, caller, volume, { kind: MigrateVolume, status: 'maintenance', target, typeId: null });
    });
  }

  /** Our migrations need nobody to complete them: there is never a second volume that could be named. */
  async complete(caller: Caller, id: string, newVolumeId: string): Promise<string> {
    const volume = await this.access.require(caller, contract.migrateVolumeCompletion.policy, id);
    const other = await this.access.require(caller, contract.migrateVolumeCompletion.policy, newVolumeId);
    if (!isMoving(volume) && !isMoving(other)) return other.id;
    throw new MigrationImpossible(isMoving(volume) ? 'Destination volume not mid-migration.' : 'Source volume not mid-migration.');
  }

  private async start(tx: Tx, caller: Caller, volume: Volume, { kind, status, target, typeId }: Destination): Promise<void> {
    const migrationId = newId();
    const source = requireBackend(volume);
    const moving = await this.volumes.become(tx, volume, status, { previousStatus: volume.status, migrationStatus: 'starting', raisesGeneration: true });
    await this.migrations.insert(tx, { id: migrationId, volumeId: volume.id, source, target, typeId });
    await this.operations.start(tx, kind, { volumeId: volume.id, migrationId, generation: moving.generation }, { on: moving, by: caller });
  }
}

const isMoving = ({ migrationStatus }: Volume): boolean => !NOT_MOVING.includes(migrationStatus);

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

/** Throws `Invalid` where the volume's bytes cannot be moved now. */
function requireStill(volume: Volume, snapshots: number): void {
  if (volume.status === 'available' && !isMoving(volume) && volume.groupId === null && snapshots === 0) return;
  throw new MigrationImpossible(`Volume ${volume.id} status must be available, must not be migrating, have snapshots, or be part of a group.`);
}
