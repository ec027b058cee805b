import { Injectable } from '@nestjs/common';
import { Conflict, Invalid, newId, NotFound, type AttachmentId, type Caller, type ServerId } from '@virga/kernel';
import { Operations } from '@virga/operations';
import { Database, type Reader, type Tx } from '@virga/persistence';
import { requireBackend } from '../volume-build.js';
import { VolumeSourcesRepository } from '../volume-sources.repository.js';
import { isMoving, type Volume } from '../volume.js';
import { VolumesRepository } from '../volumes.repository.js';
import { GuestMoves } from './guest-moves.js';
import { MoveAttachedVolume } from './move-attached-volume.operation.js';
import { MigrateVolume, RetypeVolume } from './move-volume.operations.js';
import { MovedAttachmentsRepository } from './moved-attachments.repository.js';
import { VolumeMigrationsRepository } from './volume-migrations.repository.js';

/** The volume cannot be moved as it is. */
export class MigrationImpossible extends Invalid {
  constructor(reason: string, cause?: unknown) {
    super('block-storage.volume.migration', `Invalid volume: ${reason}`, { cause });
  }
}

/** The server that uses a volume, and how it has it. */
export interface VolumeUser {
  serverId: ServerId;
  attachmentId: AttachmentId;
}

export interface Destination {
  /** Null: it is to be found. */
  target: string | null;
  /** The type that the volume is to have there; null: it keeps its own. */
  typeId: string | null;
  /** Undefined where nobody has the volume. */
  user: VolumeUser | undefined;
}

/** The rows that say whether a volume may move, and that it does. */
@Injectable()
export class MoveRows {
  constructor(
    readonly volumes: VolumesRepository, readonly migrations: VolumeMigrationsRepository, readonly attachments: MovedAttachmentsRepository,
    readonly sources: VolumeSourcesRepository,
  ) {}
}

/** Lets moves of volumes begin, with the operation that suits: of those that nobody has, or of those that a server uses. */
@Injectable()
export class MoveBeginnings {
  constructor(private readonly db: Database, private readonly rows: MoveRows, private readonly guests: GuestMoves, private readonly operations: Operations) {}

  /** Who uses the volume, if anybody, and could go on with a copy of it. Throws `MigrationImpossible`, in compute's words where its server could not. */
  async userOf(volume: Volume, signal: AbortSignal): Promise<VolumeUser | undefined> {
    if (volume.status !== 'in-use') return undefined;
    const user = await this.soleUser(this.db, volume);
    await this.guests.requirePossible(user.serverId, user.attachmentId, signal).catch((error: unknown) => {
      throw error instanceof Conflict || error instanceof NotFound ? new MigrationImpossible(error.message, error) : error;
    });
    return user;
  }

  /** The locked volume begins to move; part of the caller's transaction. Throws `MigrationImpossible`. */
  async start(tx: Tx, volume: Volume, { target, typeId, user }: Destination, by: Caller): Promise<void> {
    await this.requireMovable(tx, volume, user);
    const [migrationId, status] = [newId(), statusOf(volume, typeId)];
    // A status that stays follows from the volume's attachments, and is not given back.
    const previousStatus = status === volume.status ? null : volume.status;
    const moving = await this.rows.volumes.become(tx, volume, status, { previousStatus, migrationStatus: 'starting', raisesGeneration: true });
    await this.rows.migrations.insert(tx, { id: migrationId, volumeId: volume.id, source: requireBackend(volume), target, typeId });
    const params = { volumeId: volume.id, migrationId, generation: moving.generation };
    if (user !== undefined) await this.operations.start(tx, MoveAttachedVolume, { ...params, ...user }, { on: moving, by });
    else if (typeId === null) await this.operations.start(tx, MigrateVolume, params, { on: moving, by });
    else await this.operations.start(tx, RetypeVolume, params, { on: moving, by });
  }

  private async requireMovable(tx: Tx, volume: Volume, user: VolumeUser | undefined): Promise<void> {
    const isQuiet = volume.status === (user === undefined ? 'available' : 'in-use') && !isMoving(volume) && volume.groupId === null;
    if (!isQuiet || (await this.rows.sources.countSnapshots(tx, volume.id)) > 0) {
      throw new MigrationImpossible(`Volume ${volume.id} status must be available or in-use, must not be migrating, have snapshots, be replicated, be part of a group and destination `
        + 'host/cluster must be different than the current one');
    }
    if (await this.rows.sources.isBeingCopied(tx, { sourceVolumeId: volume.id, snapshotId: null })) {
      throw new MigrationImpossible(`Volume ${volume.id} is the source of a volume that is being made; move it when that is done.`);
    }
    if (user !== undefined) await this.soleUser(tx, volume);
  }

  /** What somebody else writes meanwhile would be lost, and a host that a user has connected the volume to by himself cannot be led elsewhere. */
  private async soleUser(db: Reader, { id }: Volume): Promise<VolumeUser> {
    const attachments = await this.rows.attachments.ofVolume(db, id);
    const [first] = attachments;
    if (first === undefined || attachments.length > 1) throw new MigrationImpossible(`Volume ${id} is attached more than once, or is being detached.`);
    if (first.owner !== 'compute' || first.serverId === null) throw new MigrationImpossible(`Volume ${id} is attached to a host, not to a server: detach it first.`);
    if (first.mode !== 'rw') throw new MigrationImpossible(`Volume ${id} is attached for reading only: detach it first.`);
    if (first.state !== 'attached') throw new MigrationImpossible(`Volume ${id} is being attached or detached.`);
    return { serverId: first.serverId, attachmentId: first.id };
  }
}

/** Users see that a volume which nobody has is kept from them, and that one has another type soon; what a server uses stays so. */
function statusOf({ status }: Volume, typeId: string | null): 'retyping' | 'maintenance' | 'in-use' {
  if (typeId !== null) return 'retyping';
  return status === 'in-use' ? 'in-use' : 'maintenance';
}
