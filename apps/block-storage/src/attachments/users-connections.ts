import { Injectable } from '@nestjs/common';
import type { AttachmentId, Caller } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import type { Attachment } from './attachment.js';
import { AttachmentAccess } from './attachment-access.js';
import { AttachmentGone, ConnectionFailed, NotConnectedYet, TooManyHosts } from './attachment-faults.js';
import { AttachmentLifecycle, type Reservation } from './attachment-lifecycle.js';
import { AttachmentWait } from './attachment-wait.js';
import { AttachmentsRepository } from './attachments.repository.js';
import type { Connector } from './connector.js';

/**
 * Hosts to which users of one project may have volumes connected at once, beside compute's.
 *
 * Each costs a storage host a process and a port, and any name can be asked for. Too low: a cluster of bare machines cannot have
 * its volumes. Too high: one project takes the ports of everybody.
 */
const MOST_HOSTS = 16;

/** Connects volumes for users, and waits for it. */
@Injectable()
export class UsersConnections {
  constructor(
    private readonly db: Database,
    private readonly attachments: AttachmentsRepository,
    private readonly lifecycle: AttachmentLifecycle,
    private readonly access: AttachmentAccess,
    private readonly wait: AttachmentWait,
  ) {}

  /** A reservation, and, with a connector, its connection. What cannot be connected is not left behind: nobody has learned its id. */
  async create(caller: Caller, wish: Omit<Reservation, 'owner' | 'userId'>, connector: Connector | undefined, signal: AbortSignal): Promise<Attachment> {
    const reservation = { ...wish, owner: 'user' as const, userId: caller.userId, mode: wish.mode ?? connector?.mode ?? undefined };
    const made = await this.db.transaction(async (tx) => {
      const reserved = await this.lifecycle.reserve(tx, reservation);
      return connector === undefined ? reserved : this.start(tx, caller, reserved.id, connector);
    });
    if (connector === undefined) return made;
    return this.connected(made.id, signal).catch(async (error: unknown) => {
      await this.db.transaction((tx) => this.lifecycle.release(tx, made.id, { isLeaving: true }, caller));
      throw error;
    });
  }

  /** The attachment leads to the connector's host. Throws `ConnectionFailed`, and `NotConnectedYet` where that takes longer than a request may. */
  async connect(caller: Caller, id: AttachmentId, connector: Connector, signal: AbortSignal): Promise<Attachment> {
    await this.db.transaction((tx) => this.start(tx, caller, id, connector));
    return this.connected(id, signal);
  }

  async complete(id: AttachmentId): Promise<void> {
    await this.db.transaction((tx) => this.lifecycle.complete(tx, id));
  }

  /** Resolves when it is gone, or when that takes longer than a request may. */
  async release(caller: Caller, id: AttachmentId, signal: AbortSignal): Promise<void> {
    const released = await this.db.transaction((tx) => this.lifecycle.release(tx, id, { isLeaving: true }, caller));
    if (released.state !== 'deleted') await this.wait.whileIn(['detaching'], id, signal);
  }

  private async start(tx: Tx, caller: Caller, id: AttachmentId, { host, mode, mountpoint, sent }: Connector): Promise<Attachment> {
    const { projectId } = await this.attachments.get(tx, id);
    if (!this.access.isAdmin(caller)) await this.requireRoom(tx, projectId, host);
    return this.lifecycle.connect(tx, id, { host, mode, mountpoint, connector: sent, triesAgain: true }, caller);
  }

  private async requireRoom(tx: Tx, projectId: string, host: string): Promise<void> {
    const hosts = await this.attachments.usersHosts(tx, projectId);
    if (!hosts.includes(host) && hosts.length >= MOST_HOSTS) throw new TooManyHosts(MOST_HOSTS);
  }

  private async connected(id: AttachmentId, signal: AbortSignal): Promise<Attachment> {
    const seen = await this.wait.whileIn(['connecting'], id, signal);
    if (seen === undefined) throw new AttachmentGone(id);
    if (seen.state === 'connecting') throw new NotConnectedYet(id);
    if (seen.state === 'error') throw new ConnectionFailed(seen.fault?.message ?? 'The volume could not be connected.');
    return seen;
  }
}
