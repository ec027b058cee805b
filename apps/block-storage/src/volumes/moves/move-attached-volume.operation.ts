import { Injectable } from '@nestjs/common';
import { Conflict, hours, minutes, NotFound, seconds, type AttachmentId, type Duration, type ServerId, type VolumeId } from '@virga/kernel';
import { Debts, done, finish, Operation, park, step, type Leftover, type Outcome, type Run } from '@virga/operations';
import { owedTo } from '../../debts/index.js';
import { COMMAND_PATIENCE, isOverdue, volumeFact } from '../../reports/index.js';
import { HostPatience } from '../host-patience.js';
import type { Volume, VolumeStatus } from '../volume.js';
import { VolumesRepository } from '../volumes.repository.js';
import { GuestMoves } from './guest-moves.js';
import { MovePlace } from './move-place.js';
import { MoveTarget } from './move-target.js';
import { moveFact, MovedAttachmentsRepository } from './moved-attachments.repository.js';
import { VolumeMigrationsRepository, type VolumeMigration } from './volume-migrations.repository.js';

export interface AttachedMoveParams {
  volumeId: VolumeId;
  /** Also the id of the attachment that leads to the target. */
  migrationId: string;
  /** With which the target's volume is made. */
  generation: number;
  serverId: ServerId;
  /** How the server has the volume when this begins. */
  attachmentId: AttachmentId;
}

interface Outputs {
  targetAt: number;
}

/** The server has let the volume go, or its guest could not go on with the copy. */
class GuestStays extends Conflict {
  constructor(reason: string, cause?: unknown) {
    super('block-storage.volume.guest-stays', reason, { cause });
  }
}

@Injectable()
export class AttachedMoveRows {
  constructor(readonly volumes: VolumesRepository, readonly migrations: VolumeMigrationsRepository, readonly attachments: MovedAttachmentsRepository, readonly debts: Debts) {}
}

/**
 * Moves a volume that a server uses to another backend, with another type where it moves for that.
 *
 * Theory of operation. The target gets an empty volume of the same id, and an attachment that nobody sees is prepared for the server, which leads there. Compute is
 * asked to let the guest go on with what it leads to: the guest's host copies, and from then on the attachments say how that stands, not this operation. Until the
 * next one is completed the volume is on its source; the transaction that completes it puts the volume on its target, and makes the old attachment the
 * one that nobody sees. So at every moment the volume is where its guest's writes are, whoever dies. If compute gives up it releases the next attachment, and when that is
 * proven what the target has is removed. As long as compute may still decide nothing is removed anywhere: this waits, also when it is to give up, and beyond its grace
 * (which alarms), since nobody else knows where the guest writes. The source is removed when nobody reaches it any more; one that cannot be reached becomes a debt.
 */
@Injectable()
export class MoveAttachedVolume extends Operation<AttachedMoveParams, Outputs> {
  readonly kind = 'volume.move-attached';
  readonly version = 1;
  /** Longer than compute tries to copy: it decides. */
  readonly deadline: Duration = hours(7);
  /** Too short: operators are alarmed by storage hosts that restart. Too long: they learn late that compute does not decide. */
  override readonly grace: Duration = minutes(10);
  readonly steps = [
    step('find-target', (run: Run<this>) => this.findTarget(run)),
    step('request-target', (run: Run<this>) => this.requestTarget(run)),
    step('await-target', (run: Run<this>) => this.awaitTarget(run)),
    step('prepare-attachment', (run: Run<this>) => this.prepareAttachment(run)),
    step('lead-guest', (run: Run<this>) => this.leadGuest(run)),
    step('await-guest', (run: Run<this>) => this.awaitGuest(run)),
    step('await-removal', (run: Run<this>) => this.awaitRemoval(run)),
  ];

  constructor(
    private readonly rows: AttachedMoveRows,
    private readonly hosts: MoveTarget,
    private readonly place: MovePlace,
    private readonly patience: HostPatience,
    private readonly guests: GuestMoves,
  ) {
    super();
  }

  private async findTarget(run: Run<this>): Promise<Outcome> {
    const { volume, migration } = await this.look(run);
    if (migration.target === null) await this.place.find(run, volume, migration);
    return done();
  }

  private async requestTarget(run: Run<this>): Promise<Outcome> {
    const { migration } = await this.look(run);
    await run.transaction(async (tx) => {
      const volume = await this.rows.volumes.lock(tx, run.params.volumeId);
      await this.hosts.requestVolume(tx, await this.rows.volumes.edit(tx, volume, { migrationStatus: 'migrating' }), moveOf(run, migration));
    });
    return done({ targetAt: run.clock.now() });
  }

  private async awaitTarget(run: Run<this>): Promise<Outcome> {
    const { volume, migration } = await this.look(run);
    const move = moveOf(run, migration);
    if (await this.hosts.isMade(run.db, volume, move)) return done();
    await this.patience.requireAlive(run.db, move.target);
    if (isOverdue(run.clock, run.outputs.targetAt)) await run.transaction((tx) => this.hosts.requestVolume(tx, volume, move));
    return park({ until: volumeFact(volume.id), atMost: COMMAND_PATIENCE });
  }

  private async prepareAttachment(run: Run<this>): Promise<Outcome> {
    const { migration } = await this.look(run);
    const { attachmentId, volumeId, migrationId } = run.params;
    await run.transaction(async (tx) => {
      await this.rows.volumes.lock(tx, volumeId);
      const old = (await this.rows.attachments.ofVolume(tx, volumeId)).find(({ id }) => id === attachmentId);
      if (old?.state !== 'attached') throw new GuestStays('The server lets the volume go.');
      await this.rows.attachments.prepare(tx, { id: migrationId, like: attachmentId, backend: moveOf(run, migration).target, now: new Date(run.clock.now()) });
    });
    return done();
  }

  private async leadGuest(run: Run<this>): Promise<Outcome> {
    const { serverId, attachmentId, migrationId } = run.params;
    // Compute has begun with it, and may have ended already: its answer was lost.
    if (await this.rows.attachments.stateOf(run.db, migrationId) !== 'reserved') return done();
    await this.guests.begin({ serverId, attachmentId, nextAttachmentId: migrationId }, run.signal).catch((error: unknown) => {
      throw error instanceof NotFound ? new GuestStays(error.message, error) : error;
    });
    return done();
  }

  private async awaitGuest(run: Run<this>): Promise<Outcome> {
    const { volume, migration } = await this.look(run);
    if (volume.backend === migration.target) return done();
    if (isGivenUp(await this.rows.attachments.stateOf(run.db, run.params.migrationId))) throw new GuestStays('The server\'s guest could not go on with the copy of the volume.');
    if (await this.isForgotten(run)) throw new GuestStays('The server has let the volume go.');
    return park({ until: moveFact(volume.id), atMost: minutes(1) });
  }

  /** Compute was asked, and has taken the volume away from the server before it began. */
  private async isForgotten({ db, params }: Run<this>): Promise<boolean> {
    const isOldGone = await this.rows.attachments.stateOf(db, params.attachmentId) === 'deleted';
    return isOldGone && await this.rows.attachments.stateOf(db, params.migrationId) === 'reserved';
  }

  /** After what led to the source: a storage host may refuse to remove what it exports. */
  private async awaitRemoval(run: Run<this>): Promise<Outcome> {
    const { volume, migration: { source } } = await this.look(run);
    if (await this.hosts.isVolumeGone(run.db, volume.id, source, volume.generation)) return this.conclude(run, []);
    if (await this.patience.isGivenUp(run.db, source)) return this.conclude(run, [sourceVolume(source, volume)]);
    const isLed = await this.rows.attachments.stateOf(run.db, run.params.attachmentId) !== 'deleted';
    if (!isLed) await run.transaction((tx) => this.hosts.requestNoVolume(tx, volume.id, source, volume.generation));
    return park({ until: isLed ? moveFact(volume.id) : volumeFact(volume.id), atMost: COMMAND_PATIENCE });
  }

  /** Forward where the volume is on its target already; else back, once compute has nothing to do with it any more. */
  async abandon(run: Run<this>): Promise<Outcome> {
    const { migration } = await this.look(run);
    const volume = await this.outdated(run);
    const { source, target } = migration;
    if (target === null) return this.giveBack(run, []);
    if (volume.backend === target) return this.conclude(run, [sourceVolume(source, volume)]);
    const next = await this.rows.attachments.stateOf(run.db, run.params.migrationId);
    if (next !== undefined && !isGivenUp(next)) return park({ until: moveFact(volume.id), atMost: seconds(30) });
    return this.clearTarget(run, volume, { target, isLed: next === 'leaving' });
  }

  /** Compute goes on with the source; what led to the target goes first. */
  private async clearTarget(run: Run<this>, volume: Volume, { target, isLed }: { target: string; isLed: boolean }): Promise<Outcome> {
    if (await this.hosts.isVolumeGone(run.db, volume.id, target, volume.generation)) return this.giveBack(run, []);
    const owed = { backend: owedTo(target), resourceType: 'volume', generation: volume.generation };
    if (run.graceIsOver || await this.patience.isGivenUp(run.db, target)) return this.giveBack(run, [owed]);
    if (!isLed) await run.transaction((tx) => this.hosts.requestNoVolume(tx, volume.id, target, volume.generation));
    return park({ until: isLed ? moveFact(volume.id) : volumeFact(volume.id), atMost: seconds(10) });
  }

  /** The volume, with a generation that is newer than anything that was sent, unless it has arrived; what compute was not asked for yet it cannot take any more. */
  private outdated(run: Run<this>): Promise<Volume> {
    return run.transaction(async (tx) => {
      const volume = await this.rows.volumes.lock(tx, run.params.volumeId);
      await this.rows.attachments.takeBack(tx, run.params.migrationId, new Date(run.clock.now()));
      return volume.generation > run.params.generation ? volume : this.rows.volumes.edit(tx, volume, { raisesGeneration: true });
    });
  }

  private giveBack(run: Run<this>, leftovers: readonly Leftover[]): Outcome {
    return finish((tx) => this.end(tx, run, leftovers, false));
  }

  private conclude(run: Run<this>, leftovers: readonly Leftover[]): Outcome {
    return finish((tx) => this.end(tx, run, leftovers, true), 'succeeded');
  }

  private async end(tx: Parameters<MovedAttachmentsRepository['takeBack']>[0], { params }: Run<this>, leftovers: readonly Leftover[], hasMoved: boolean): Promise<void> {
    const volume = await this.rows.volumes.lock(tx, params.volumeId);
    await this.rows.debts.record(tx, volume.id, leftovers);
    const change = hasMoved ? await this.place.changeAtEnd(tx, await this.rows.migrations.get(tx, params.migrationId)) : { previousStatus: null, migrationStatus: 'error' };
    await this.rows.volumes.become(tx, volume, statusAfter(volume), change);
    await this.rows.migrations.end(tx, params.migrationId, hasMoved);
  }

  private async look(run: Run<this>): Promise<{ volume: Volume; migration: VolumeMigration }> {
    return { volume: await this.rows.volumes.get(run.db, run.params.volumeId), migration: await this.rows.migrations.get(run.db, run.params.migrationId) };
  }
}

/** Compute has released the next attachment: the guest does not go on with the copy. */
function isGivenUp(next: string | undefined): boolean {
  return next === 'deleted' || next === 'leaving';
}

/** A volume that moves for another type has said so; another has kept the status that its attachments give it. */
function statusAfter({ status, previousStatus }: Volume): VolumeStatus {
  return status === 'retyping' ? previousStatus ?? 'in-use' : status;
}

function moveOf({ params: { migrationId, generation } }: { params: Readonly<AttachedMoveParams> }, { source, target }: VolumeMigration): { id: string; source: string; target: string; generation: number } {
  return { id: migrationId, source, target: target ?? '', generation };
}

function sourceVolume(source: string, { generation }: Volume): Leftover {
  return { backend: owedTo(source), resourceType: 'volume', generation };
}
