import { Inject, Injectable } from '@nestjs/common';
import { ensureGuest, ensureNic, ensureNoGuest, ensureNoNic, ensurePower } from '@virga/contracts-compute';
import { issueTicket } from '@virga/contracts-image';
import { CLOCK, hours, Invalid, type Clock, type HostId, type ServerId } from '@virga/kernel';
import type { AgentAddress } from '@virga/messaging';
import { command, Outbox } from '@virga/messaging/outbox';
import type { Tx } from '@virga/persistence';
import { COMPUTE_AGENT } from '../hosts/index.js';
import type { Interface } from '../interfaces/index.js';
import { guestSpec, nicSpec } from './guest-spec.js';
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
    @Inject(TICKET_KEY) private readonly ticketKey: Buffer,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async ensureGuest(tx: Tx, server: Server, nics: readonly Interface[], generation: number): Promise<void> {
    await this.outbox.add(tx, command(ensureGuest, this.spec(server, nics, generation), agentOf(server)));
  }

  async ensurePower(tx: Tx, server: Server, nics: readonly Interface[], generation: number, wanted: PowerCommand): Promise<void> {
    const { power, restart = null, graceSeconds = null } = wanted;
    const guest = this.spec(server, nics, generation);
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

  private spec(server: Server, nics: readonly Interface[], generation: number): ReturnType<typeof guestSpec> {
    const ticket = server.image === null ? '' : issueTicket(this.ticketKey, server.image.id, this.clock.now(), TICKET_VALIDITY);
    return guestSpec(server, nics, { generation, ticket });
  }
}

function agentOf({ host }: Server): AgentAddress {
  if (host === null) throw new NotOnHost();
  return { host, agent: COMPUTE_AGENT };
}
