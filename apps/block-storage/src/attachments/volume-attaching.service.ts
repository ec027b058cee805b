import { Injectable } from '@nestjs/common';
import type { BodyOf, RequestFacts } from '@virga/contract';
import { attachmentActions as contracts } from '@virga/contracts-block-storage';
import { isUuid, newId, type Caller, type ServerId } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { VolumeAccess, VolumesRepository, VolumeState, type Volume } from '../volumes/index.js';
import { mayBeExported, type Attachment } from './attachment.js';
import { requireUsersOwn } from './attachment-access.js';
import { AttachmentChanges, type Held } from './attachment-changes.js';
import { AttachmentGone, AttachmentOfServer, ConnectorUnusable, ModeRefused } from './attachment-faults.js';
import { AttachmentRows } from './attachments.service.js';
import { AttachmentLifecycle, requireReservable } from './attachment-lifecycle.js';
import { connectionData, transportOf } from './connection-info.js';
import { connectorHost, readConnector } from './connector.js';
import { UsersConnections } from './users-connections.js';

/** What somebody wants who attaches a volume by the older actions. */
type Target = BodyOf<typeof contracts.attachVolume>['os-attach'];

/** The rows and rights that the older actions need. */
@Injectable()
export class HeldVolumes {
  constructor(
    readonly db: Database, readonly access: VolumeAccess, readonly volumes: VolumesRepository, readonly changes: AttachmentChanges, readonly rows: AttachmentRows,
  ) {}
}

/**
 * Attaching as it was done before there were attachments: the volume's status is set by hand (`os-reserve`, `os-begin_detaching`),
 * a connection is made for a host (`os-initialize_connection`), and who has the volume is a note (`os-attach`).
 *
 * Here each connection and each note is an attachment. A note without a connection leads nowhere, which is what such clients
 * mean by it. What compute has made for a server stays untouched, whoever asks.
 */
@Injectable()
export class VolumeAttaching {
  constructor(
    private readonly held: HeldVolumes,
    private readonly lifecycle: AttachmentLifecycle,
    private readonly connections: UsersConnections,
  ) {}

  async reserve(caller: Caller, id: string): Promise<void> {
    const { id: volumeId } = await this.held.access.require(caller, contracts.reserveVolume.policy, id);
    await this.change(volumeId, async (tx, { volume, attachments }) => {
      if (!(volume.isMultiattach && volume.status === 'in-use')) requireReservable({ volume: { ...volume, isMultiattach: false }, attachments });
      await this.held.volumes.become(tx, volume, 'attaching');
    });
  }

  /** Nothing where it was not reserved. */
  async unreserve(caller: Caller, id: string): Promise<void> {
    const { id: volumeId } = await this.held.access.require(caller, contracts.unreserveVolume.policy, id);
    await this.change(volumeId, (tx, { volume }) => this.leave(tx, volume, 'attaching'));
  }

  async beginDetaching(caller: Caller, id: string): Promise<void> {
    const { id: volumeId } = await this.held.access.require(caller, contracts.beginDetachingVolume.policy, id);
    await this.change(volumeId, async (tx, { volume, attachments }) => {
      if (volume.status !== 'in-use' || !attachments.some(({ state }) => state === 'attached')) {
        throw new VolumeState(`Unable to detach volume. Volume status must be 'in-use' and it must be attached, but its status is '${volume.status}'.`);
      }
      await this.held.volumes.become(tx, volume, 'detaching');
    });
  }

  async rollDetaching(caller: Caller, id: string): Promise<void> {
    const { id: volumeId } = await this.held.access.require(caller, contracts.rollDetachingVolume.policy, id);
    await this.change(volumeId, (tx, { volume }) => this.leave(tx, volume, 'detaching'));
  }

  /** Notes who has the volume: an attachment that was made for this, or a new one. */
  async attach(caller: Caller, id: string, target: Target): Promise<void> {
    requireTarget(target);
    const volume = await this.held.access.require(caller, contracts.attachVolume.policy, id);
    await this.change(volume.id, (tx, held) => this.note(tx, held, caller, target));
  }

  async detach(caller: Caller, id: string, attachmentId: string | undefined): Promise<void> {
    const volume = await this.held.access.require(caller, contracts.detachVolume.policy, id);
    await this.takeAway(caller, volume, attachmentId);
  }

  /** Whatever the volume's status says; what a server has is compute's even then. */
  async forceDetach(caller: Caller, id: string, attachmentId: string | undefined): Promise<void> {
    const volume = await this.held.access.require(caller, contracts.forceDetachVolume.policy, id);
    await this.takeAway(caller, volume, attachmentId);
  }

  /** Where the volume is for this host; connects it where it is not yet. */
  async initializeConnection(caller: Caller, id: string, sent: Record<string, unknown>, { signal }: Pick<RequestFacts, 'signal'>) {
    const volume = await this.held.access.require(caller, contracts.initializeVolumeConnection.policy, id);
    const connector = readConnector(sent);
    const attachmentId = await this.change(volume.id, async (tx, held) => this.findOrMake(tx, held, caller, connector.host));
    const attachment = await this.connections.connect(caller, attachmentId, connector, signal);
    const data = connectionData(attachment, { isEncrypted: volume.keyId !== null, qosSpecs: await this.held.rows.qosSpecs(this.held.db, volume.typeId), mayLocate: true });
    return { connection_info: { driver_volume_type: transportOf(attachment.address), data, enforce_multipath: sent['enforce_multipath'] === true } };
  }

  /** The connections to this host, or all, go; a note of who has the volume stays until it is detached. */
  async terminateConnection(caller: Caller, id: string, sent: unknown): Promise<void> {
    const volume = await this.held.access.require(caller, contracts.terminateVolumeConnection.policy, id);
    const host = connectorHost(sent);
    await this.change(volume.id, async (tx, { volume: now, attachments }) => {
      const all = attachments.filter((one) => mayBeExported(one) && (host === undefined || one.host === host));
      const own = all.filter(({ owner }) => owner === 'user');
      if (own.length === 0 && attachments.some(({ owner }) => owner === 'compute')) requireNoServer(attachments);
      for (const { id: one, attachedAt } of own) await this.lifecycle.release(tx, one, { isLeaving: attachedAt === null }, caller);
      if (own.length === 0) await this.leave(tx, now, 'attaching');
    });
  }

  private async note(tx: Tx, held: Held, caller: Caller, target: Target): Promise<void> {
    const { volume, attachments } = held;
    const told = { serverId: (target.instance_uuid?.toLowerCase() ?? null) as ServerId | null, hostname: target.host_name ?? null, mountpoint: target.mountpoint };
    const known = attachments.find((one) => isOf(one, told));
    if (known?.state === 'attached') return this.held.changes.settle(tx, volume.id);
    if (known !== undefined) requireUsersOwn(known);
    const mode = modeFor(volume, target.mode);
    const adopted = known ?? attachments.find((one) => one.owner === 'user' && one.serverId === null && one.hostname === null && isOpen(one));
    if (adopted !== undefined) return this.adopt(tx, adopted, told);
    requireRoomFor(held);
    await this.held.changes.insert(tx, {
      id: newId<'attachment'>(), volumeId: volume.id, projectId: volume.projectId, userId: caller.userId, owner: 'user', state: 'attached', mode, ...told,
    });
  }

  private async adopt(tx: Tx, attachment: Attachment, told: Pick<Attachment, 'serverId' | 'hostname' | 'mountpoint'>): Promise<void> {
    if (!isOpen(attachment)) throw new VolumeState(`Volume ${attachment.volumeId} is being connected or detached.`);
    await this.held.changes.become(tx, attachment, 'attached', told);
  }

  private async takeAway(caller: Caller, volume: Volume, attachmentId: string | undefined): Promise<void> {
    await this.change(volume.id, async (tx, { volume: now, attachments }) => {
      if (now.status === 'maintenance') throw new VolumeState('The volume cannot be detached in maintenance mode.');
      const attachment = chosen(attachments, attachmentId);
      if (attachment === undefined) return this.leave(tx, now, 'attaching', 'detaching', 'in-use', 'reserved', 'error_detaching');
      requireUsersOwn(attachment, 'detach');
      await this.lifecycle.release(tx, attachment.id, { isLeaving: true }, caller);
    });
  }

  /** The user's connection to this host, or a new one. */
  private async findOrMake(tx: Tx, { volume, attachments }: Held, caller: Caller, host: string): Promise<Attachment['id']> {
    const own = attachments.filter(({ owner, isLeaving }) => owner === 'user' && !isLeaving);
    const known = own.find((one) => one.host === host) ?? own.find((one) => !mayBeExported(one) && (one.state === 'attached' || one.state === 'reserved'));
    if (known !== undefined) return known.id;
    requireRoomFor({ volume, attachments });
    const made = await this.held.changes.insert(tx, {
      id: newId<'attachment'>(), volumeId: volume.id, projectId: volume.projectId, userId: caller.userId, serverId: null, owner: 'user', mode: volume.isReadOnly ? 'ro' : 'rw',
    });
    return made.id;
  }

  /** The volume leaves one of these statuses, which a client has set, for what its attachments say. */
  private async leave(tx: Tx, volume: Volume, ...statuses: readonly Volume['status'][]): Promise<void> {
    if (statuses.includes(volume.status)) await this.held.changes.settle(tx, volume.id);
  }

  private change<T>(id: Volume['id'], work: (tx: Tx, held: Held) => Promise<T>): Promise<T> {
    return this.held.db.transaction(async (tx) => work(tx, await this.held.changes.hold(tx, id)));
  }
}

/** Nobody has it yet, and a client may say now who has. */
function isOpen({ state }: Attachment): boolean {
  return state === 'attaching' || state === 'reserved';
}

/** Whether the server, or the host, that a client names has it already. */
function isOf(attachment: Attachment, { serverId, hostname }: Pick<Attachment, 'serverId' | 'hostname'>): boolean {
  return serverId === null ? hostname !== null && attachment.hostname === hostname : attachment.serverId === serverId;
}

function modeFor({ id, isReadOnly }: Volume, wanted: 'rw' | 'ro' | undefined): 'rw' | 'ro' {
  const mode = wanted ?? (isReadOnly ? 'ro' : 'rw');
  if (isReadOnly && mode !== 'ro') throw new ModeRefused(id, mode);
  return mode;
}

/** Throws where one more may not have the volume; one that a client has reserved by its status is for that client. */
function requireRoomFor({ volume, attachments }: Held): void {
  const isReserved = volume.status === 'attaching' && attachments.length === 0;
  if (!isReserved) requireReservable({ volume, attachments });
}

function requireTarget({ instance_uuid: server, host_name: host }: Target): void {
  if (server === undefined && host === undefined) throw new ConnectorUnusable('a server or a host must be named that has the volume.');
  if (server !== undefined && host !== undefined) throw new ConnectorUnusable('a volume is attached to a server or to a host, not to both.');
}

/** The attachment that a client means: the one it names, or the only one. */
function chosen(attachments: readonly Attachment[], id: string | undefined): Attachment | undefined {
  if (id !== undefined) {
    const found = isUuid(id) ? attachments.find((one) => one.id === id.toLowerCase()) : undefined;
    if (found === undefined) throw new AttachmentGone(id);
    return found;
  }
  if (attachments.length > 1) {
    requireNoServer(attachments);
    throw new VolumeState('Detach volume failed: more than one attachment, but no attachment_id provided.');
  }
  return attachments[0];
}

function requireNoServer(attachments: readonly Attachment[]): void {
  const ofServer = attachments.find(({ owner }) => owner === 'compute');
  if (ofServer !== undefined) throw new AttachmentOfServer(ofServer.serverId);
}
