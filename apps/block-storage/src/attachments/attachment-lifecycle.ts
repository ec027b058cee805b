import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, seconds, type AttachmentId, type Clock, type Duration, type ServerId, type UserId, type VolumeId } from '@virga/kernel';
import { Debts, liveOperations, Operations, type Initiator } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import type { Volume } from '../volumes/index.js';
import { isMoving, MoveArrivals, VolumeState } from '../volumes/index.js';
import { attachStatus, backendOf, connectionStep, isReservable, isSeen, mayBeExported, statusFrom, type Attachment } from './attachment.js';
import { AttachmentChanges, type Held } from './attachment-changes.js';
import { AttachmentNotFit, VolumeNotReservable } from './attachment-faults.js';
import { placed } from './export-command.js';
import type { AttachmentChange } from './attachments.repository.js';
import { ConnectAttachment } from './operations/connect-attachment.operation.js';
import { ReleaseAttachment } from './operations/release-attachment.operation.js';

export interface Reservation {
  id: AttachmentId;
  volumeId: VolumeId;
  serverId: ServerId | null;
  userId: UserId;
  owner: Attachment['owner'];
  mode?: Attachment['mode'] | undefined;
}

export interface Connection {
  host: string;
  /** Whether a connection that has just failed is tried again at once; who asks again at every news must not make news by it. */
  triesAgain: boolean;
  mode?: Attachment['mode'] | null;
  mountpoint: string | null;
  connector: Readonly<Record<string, unknown>> | null;
}

/**
 * For how long a connection that failed is answered as failed.
 *
 * Too short: compute, which asks again when it hears of the failure, does not see it and never gives up. Too long: a server whose
 * volume could not follow it waits that long for the next try.
 */
const FAILURE_TOLD: Duration = seconds(30);

/** States in which a client may have the volume. */
const REACHABLE: ReadonlySet<Attachment['state']> = new Set(['attaching', 'attached', 'detaching']);

/**
 * What can happen to an attachment, whoever asks: each is one transaction, which also starts the operation that ends what it
 * begins. Who may ask is decided before.
 */
@Injectable()
export class AttachmentLifecycle {
  constructor(
    private readonly changes: AttachmentChanges,
    private readonly operations: Operations,
    private readonly debts: Debts,
    private readonly arrivals: MoveArrivals,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Keeps the volume for somebody; throws `VolumeNotReservable`. */
  async reserve(tx: Tx, { id, volumeId, serverId, userId, owner, mode = 'rw' }: Reservation): Promise<Attachment> {
    const { volume, attachments } = await this.changes.hold(tx, volumeId);
    requireReservable({ volume, attachments });
    if (serverId !== null && attachments.some((one) => one.serverId === serverId)) {
      throw new VolumeState(`Volume ${volumeId} is attached to instance ${serverId} already.`);
    }
    return this.changes.insert(tx, { id, volumeId, projectId: volume.projectId, userId, serverId, owner, mode: volume.isReadOnly ? 'ro' : mode });
  }

  /** The attachment leads, or will lead, to this host. Throws `AttachmentNotFit`. */
  async connect(tx: Tx, id: AttachmentId, wanted: Connection, by: Initiator): Promise<Attachment> {
    const { attachment, volume } = await this.changes.holdOne(tx, id);
    if (!wanted.triesAgain && this.hasJustFailed(attachment)) return attachment;
    const target = { host: wanted.host, mode: modeFor(attachment, volume, wanted) };
    const told = { mountpoint: wanted.mountpoint ?? attachment.mountpoint, connector: wanted.connector ?? attachment.connector };
    const step = connectionStep(attachment, target);
    if (step === 'impossible') throw new AttachmentNotFit(id, attachStatus(attachment), 'connected');
    if (step === 'make') return this.beginConnecting(tx, { attachment, volume }, { ...told, ...target }, by);
    return told.mountpoint === attachment.mountpoint ? attachment : this.changes.become(tx, attachment, attachment.state, told);
  }

  private async beginConnecting(tx: Tx, { attachment, volume }: { attachment: Attachment; volume: Volume }, told: AttachmentChange, by: Initiator): Promise<Attachment> {
    requireConnectable(attachment, volume);
    const isMoved = mayBeExported(attachment);
    const generation = attachment.generation + (isMoved ? 2 : 1);
    const next = await this.changes.become(tx, attachment, 'connecting', { ...told, address: null, fault: null, generation });
    await this.operations.start(tx, ConnectAttachment, { attachmentId: attachment.id, generation, isMoved }, { on: next, by });
    return next;
  }

  /** Its client has the volume. What a user has only reserved may be completed as well: then it is a note, and nothing leads anywhere. */
  async complete(tx: Tx, id: AttachmentId): Promise<Attachment> {
    const { attachment, attachments, volume } = await this.changes.holdOne(tx, id);
    if (attachment.state === 'attached') return attachment;
    const isFit = attachment.state === 'attaching' || (attachment.state === 'reserved' && attachment.owner === 'user');
    if (!isFit) throw new AttachmentNotFit(id, attachStatus(attachment), 'completed');
    return isSeen(attachment) ? this.changes.become(tx, attachment, 'attached') : this.takePlace(tx, attachment, { volume, attachments });
  }

  /** The server's guest uses the volume's copy: from now on that is the volume, and what led to the old place is what nobody sees. */
  private async takePlace(tx: Tx, next: Attachment, { volume, attachments }: Held): Promise<Attachment> {
    const there = await this.changes.replace(tx, next, attachments.find(({ serverId }) => serverId === next.serverId), volume.backend);
    await this.arrivals.arrive(tx, volume.id, next.id);
    return there;
  }

  /** Its client is about to let the volume go, or, after all, keeps it. */
  async beginDetach(tx: Tx, id: AttachmentId, isUndone: boolean): Promise<Attachment> {
    const { attachment } = await this.changes.holdOne(tx, id);
    const { state, isLeaving } = attachment;
    const isGoing = isLeaving || await this.isBeingReleased(tx, id);
    if (!REACHABLE.has(state) || (isUndone && isGoing)) throw new AttachmentNotFit(id, attachStatus(attachment), isUndone ? 'kept' : 'detached');
    const isThere = isUndone ? state !== 'detaching' : state === 'detaching';
    return isThere ? attachment : this.changes.become(tx, attachment, isUndone ? 'attached' : 'detaching');
  }

  /**
   * Nobody reaches the volume through it any more, as soon as the storage host proves it. With `isLeaving` the attachment goes
   * then; otherwise it stays as a note of who has the volume. Answers it as it is now: `deleted` where there was nothing to take away.
   */
  async release(tx: Tx, id: AttachmentId, { isLeaving }: { isLeaving: boolean }, by: Initiator): Promise<Attachment> {
    const { attachment, volume } = await this.changes.holdOne(tx, id);
    if (!mayBeExported(attachment) || backendOf(attachment, volume) === null) return this.forget(tx, attachment, isLeaving);
    const wanted = { isLeaving: isLeaving || attachment.isLeaving };
    if (await this.isOwed(tx, attachment)) return attachment;
    if (await this.isBeingReleased(tx, id)) {
      return wanted.isLeaving === attachment.isLeaving ? attachment : this.changes.become(tx, attachment, attachment.state, wanted);
    }
    const next = await this.changes.become(tx, attachment, 'detaching', { ...wanted, generation: attachment.generation + 1, address: null, fault: null });
    await this.operations.start(tx, ReleaseAttachment, { attachmentId: id }, { on: next, by });
    return next;
  }

  /** No storage host was ever told of it. */
  private async forget(tx: Tx, attachment: Attachment, isLeaving: boolean): Promise<Attachment> {
    return isLeaving ? this.changes.become(tx, attachment, 'deleted', { isLeaving }, { hasLost: true }) : attachment;
  }

  private hasJustFailed({ state, isLeaving, updatedAt }: Attachment): boolean {
    return state === 'error' && !isLeaving && this.clock.now() - (updatedAt?.getTime() ?? 0) < FAILURE_TOLD;
  }

  /** Its storage host owes the removal: asking once more would change nothing, and whoever asks at every news would never end. */
  private async isOwed(tx: Tx, { id, state, isLeaving }: Attachment): Promise<boolean> {
    return state === 'error' && isLeaving && (await this.debts.owedFor(tx, id)).length > 0;
  }

  private async isBeingReleased(tx: Tx, id: AttachmentId): Promise<boolean> {
    return (await liveOperations(tx, 'attachment', [id])).get(id)?.kind === 'attachment.release';
  }
}

/** Throws `VolumeNotReservable`; a status that an operator has set does not free a volume that somebody has, and one that moves is as it is until it has arrived. */
export function requireReservable({ volume, attachments }: Held): void {
  if (isMoving(volume)) throw new VolumeState(`Volume ${volume.id} is being migrated.`);
  const isHad = attachments.length > 0 && !volume.isMultiattach;
  if (isHad || !isReservable(volume)) throw new VolumeNotReservable(isHad && volume.status === 'available' ? { ...volume, status: statusFrom(attachments) } : volume);
}

/** What was made for reading stays so; otherwise the client says what it wants now. */
function modeFor(attachment: Attachment, volume: Volume, { mode }: Connection): Attachment['mode'] {
  return attachment.mode === 'ro' || volume.isReadOnly ? 'ro' : mode ?? attachment.mode;
}

function requireConnectable(attachment: Attachment, volume: Volume): void {
  if (volume.status.startsWith('error') && volume.status !== 'error_detaching') throw new VolumeState(`Volume ${volume.id} is in status ${volume.status} and cannot be connected.`);
  placed(attachment, volume);
}
