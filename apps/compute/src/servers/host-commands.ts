import { Inject, Injectable } from '@nestjs/common';
import { ensureDisk, ensureDiskCopied, ensureDiskImage, ensureDiskSize, ensureDiskSwapped, ensureGuest, ensureNic, ensureNoDisk, ensureNoDiskImage, ensureNoGuest, ensureNoNic, ensurePower, uploadDiskImage } from '@virga/contracts-compute';
import { issueTicket, issueUploadTicket } from '@virga/contracts-image';
import { CLOCK, hours, Invalid, type Clock, type HostId, type ServerId } from '@virga/kernel';
import type { AgentAddress } from '@virga/messaging';
import { command, Outbox } from '@virga/messaging/outbox';
import type { Tx } from '@virga/persistence';
import { BlockDevicesRepository, type BlockDevice } from '../block-devices/index.js';
import { COMPUTE_AGENT } from '../hosts/index.js';
import { InterfacesRepository, type Interface } from '../interfaces/index.js';
import { guestSpec, nicSpec, volumeSpec } from './guest-spec.js';
import type { Server } from './server.js';

/** The injection token of the key under which image tickets are signed. */
export const TICKET_KEY = Symbol('image ticket key');

/**
 * How long a host may read an image after it was told to.
 *
 * Too short: a host with a long queue of commands finds the door closed, until the command is sent again. Too long: a taken-over
 * host can read images of servers that have left it.
 */
const TICKET_VALIDITY = hours(1);
/** The same for beginning to write an image; its host may have to wait for other uploads. */
const UPLOAD_VALIDITY = hours(6);

/** A server that has no host cannot be commanded. */
export class NotOnHost extends Invalid {
  constructor() {
    super('compute.server.no-host', 'The server is on no host.');
  }
}

export interface PowerCommand {
  power: 'running' | 'paused' | 'shutdown';
  restart?: 'soft' | 'hard';
  graceSeconds?: number;
}

/** Tells hosts what must be true, through the outbox: a command leaves if and only if its transaction commits. */
@Injectable()
export class HostCommands {
  constructor(
    private readonly outbox: Outbox,
    private readonly interfaces: InterfacesRepository,
    private readonly devices: BlockDevicesRepository,
    @Inject(TICKET_KEY) private readonly ticketKey: Buffer,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async ensureGuest(tx: Tx, server: Server, generation: number): Promise<void> {
    await this.outbox.add(tx, command(ensureGuest, await this.spec(tx, server, generation), agentOf(server)));
  }

  async ensurePower(tx: Tx, server: Server, generation: number, wanted: PowerCommand): Promise<void> {
    const { power, restart = null, graceSeconds = null } = wanted;
    const guest = await this.spec(tx, server, generation);
    await this.outbox.add(tx, command(ensurePower, { id: server.id, generation, power, restart, graceSeconds, guest }, agentOf(server)));
  }

  async ensureNoGuest(tx: Tx, id: ServerId, host: HostId, generation: number): Promise<void> {
    await this.outbox.add(tx, command(ensureNoGuest, { id, generation }, { host, agent: COMPUTE_AGENT }));
  }

  async ensureNic(tx: Tx, server: Server, nic: Interface, generation: number): Promise<void> {
    await this.outbox.add(tx, command(ensureNic, { id: server.id, generation, nic: nicSpec(nic) }, agentOf(server)));
  }

  async ensureNoNic(tx: Tx, server: Server, portId: string, generation: number): Promise<void> {
    await this.outbox.add(tx, command(ensureNoNic, { id: server.id, generation, portId }, agentOf(server)));
  }

  async ensureDisk(tx: Tx, server: Server, device: BlockDevice, generation: number): Promise<void> {
    await this.outbox.add(tx, command(ensureDisk, { id: server.id, generation, volume: volumeSpec(device) }, agentOf(server)));
  }

  async ensureNoDisk(tx: Tx, server: Server, attachmentId: string, generation: number): Promise<void> {
    await this.outbox.add(tx, command(ensureNoDisk, { id: server.id, generation, attachmentId }, agentOf(server)));
  }

  async ensureDiskSize(tx: Tx, server: Server, disk: { attachmentId: string; sizeBytes: number }, generation: number): Promise<void> {
    await this.outbox.add(tx, command(ensureDiskSize, { id: server.id, generation, ...disk }, agentOf(server)));
  }

  /** All of the old volume, and what is written to it from now on, comes to the new one, or, with `isFinal`, the guest goes on with the new one. */
  async swapDisk(tx: Tx, server: Server, { old, next, isFinal, sizeBytes }: { old: BlockDevice; next: BlockDevice; isFinal: boolean; sizeBytes: number | null }, generation: number): Promise<void> {
    const swap = { id: server.id, generation, attachmentId: old.attachmentId, to: volumeSpec(next), ...(sizeBytes !== null && { sizeBytes }) };
    await this.outbox.add(tx, command(isFinal ? ensureDiskSwapped : ensureDiskCopied, swap, agentOf(server)));
  }

  async ensureDiskImage(tx: Tx, server: Server, imageId: string, generation: number): Promise<void> {
    await this.outbox.add(tx, command(ensureDiskImage, { id: server.id, generation, imageId }, agentOf(server)));
  }

  async uploadDiskImage(tx: Tx, server: Server, imageId: string, generation: number): Promise<void> {
    const ticket = issueUploadTicket(this.ticketKey, imageId, this.clock.now(), UPLOAD_VALIDITY);
    await this.outbox.add(tx, command(uploadDiskImage, { id: server.id, generation, imageId, ticket }, agentOf(server)));
  }

  async ensureNoDiskImage(tx: Tx, server: Server, imageId: string, generation: number): Promise<void> {
    await this.outbox.add(tx, command(ensureNoDiskImage, { id: server.id, generation, imageId }, agentOf(server)));
  }

  /** The guest with its interfaces and volumes as they are known now. */
  private async spec(tx: Tx, server: Server, generation: number): Promise<ReturnType<typeof guestSpec>> {
    const ticket = server.image === null ? '' : issueTicket(this.ticketKey, server.image.id, this.clock.now(), TICKET_VALIDITY);
    const parts = { nics: await this.interfaces.list(tx, server.id), devices: await this.devices.list(tx, server.id) };
    return guestSpec(server, parts, { generation, ticket });
  }
}

function agentOf({ host }: Server): AgentAddress {
  if (host === null) throw new NotOnHost();
  return { host, agent: COMPUTE_AGENT };
}
