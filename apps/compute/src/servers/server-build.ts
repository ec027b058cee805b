import { Injectable } from '@nestjs/common';
import { Conflict, milliseconds, seconds, type Duration, type Instant, type ServerId } from '@virga/kernel';
import type { Run } from '@virga/operations';
import { GuestsRepository } from '../guests/index.js';
import { HostsRepository } from '../hosts/index.js';
import { InterfacesRepository, type Interface } from '../interfaces/index.js';
import { NetworkCalls } from '../network/index.js';
import { Reservations, traitsOf } from '../scheduling/index.js';
import { answerOf, COMMAND_PATIENCE, isOverdue } from './guest-progress.js';
import { HostCommands } from './host-commands.js';
import { roomFor } from './guest-spec.js';
import type { Server } from './server.js';
import { ServersRepository } from './servers.repository.js';

type Building = Pick<Run<never>, 'db' | 'signal' | 'clock' | 'transaction' | 'idempotencyKey'>;

/**
 * How long a running guest waits for its ports to be wired before it counts as built all the same.
 *
 * Too short: users are told ACTIVE before their network works. Too long: a port that stays down on purpose (administratively)
 * holds its server in BUILD.
 */
const WIRING_PATIENCE: Duration = seconds(15);

/** Operators have said that the host is down: nobody waits for it until the deadline. */
class HostGivenUp extends Conflict {
  constructor() {
    super('compute.host.given-up', 'The server\'s host has failed.');
  }
}

export type Progress = 'ready' | { lookAgainIn: Duration };

/** The parts that making a guest consists of, each of which looks first and may be repeated: building and rebuilding share them. */
@Injectable()
export class ServerBuild {
  constructor(
    private readonly servers: ServersRepository,
    private readonly reservations: Reservations,
    private readonly network: NetworkCalls,
    private readonly interfaces: InterfacesRepository,
    private readonly guests: GuestsRepository,
    private readonly commands: HostCommands,
    private readonly hosts: HostsRepository,
  ) {}

  /** The server has a host and room on it. */
  async reserveHost(run: Building, server: Server): Promise<void> {
    const request = await this.servers.request(run.db, server.id);
    await this.reservations.reserve({
      server: server.id, projectId: server.projectId, userId: server.userId, groupId: server.groupId,
      amounts: roomFor(server, server.flavor),
      ...traitsOf(server.flavor.extraSpecs, server.image?.properties ?? request.hints.properties ?? {}),
      zone: server.requestedZone, host: request.host, node: request.node,
      sameHost: request.hints.sameHost ?? [], differentHost: request.hints.differentHost ?? [],
    }, (work) => run.transaction(work), (tx, host) => this.servers.become(tx, server, 'building', { task: 'spawning', host }));
  }

  /** The server's ports exist and are bound to its host; network is asked once, whatever was answered before. */
  async createPorts(run: Building, server: Server): Promise<void> {
    const { nics, securityGroupIds } = await this.servers.request(run.db, server.id);
    if (nics.length === 0 || server.host === null) return;
    const made = await this.network.ensurePorts({
      serverId: server.id, projectId: server.projectId, userId: server.userId, hostname: server.hostname,
      availabilityZone: server.requestedZone ?? '', host: server.host, nics, securityGroupIds,
    }, { signal: run.signal, idempotencyKey: run.idempotencyKey('ports') });
    await run.transaction((tx) => this.interfaces.record(tx, made, nics.map(({ tag }) => tag)));
  }

  /** The host has been told to make the guest. */
  async requestGuest(run: Building, server: Server, generation: number): Promise<void> {
    await run.transaction((tx) => this.commands.ensureGuest(tx, server, generation));
  }

  /** The host has been told to switch the guest off. */
  async requestStop(run: Building, server: Server, graceSeconds?: number): Promise<void> {
    const wanted = { power: 'shutdown' as const, ...(graceSeconds !== undefined && { graceSeconds }) };
    await run.transaction((tx) => this.commands.ensurePower(tx, server, server.generation, wanted));
  }

  /** How far the guest is; tells the host again where it has been silent for too long. Throws `HostRefused`, and `HostGivenUp` where it never will. */
  async progress(run: Building, server: Server, generation: number, requestedAt: Instant | undefined): Promise<Progress> {
    const answer = answerOf(server, await this.guests.list(run.db, server.id), generation);
    if (answer.guest?.power === 'running') return this.wiring(run, server, requestedAt);
    if (server.host !== null && (await this.hosts.find(run.db, server.host))?.isForcedDown === true) throw new HostGivenUp();
    if (isOverdue(run.clock, requestedAt, answer)) await this.requestGuest(run, server, generation);
    return { lookAgainIn: COMMAND_PATIENCE };
  }

  /** From here on, nothing that this operation has sent is obeyed any more; answers the server with its new generation. */
  async outdateCommands(run: Building, params: { serverId: ServerId; generation: number }): Promise<Server> {
    return run.transaction(async (tx) => {
      const server = await this.servers.lock(tx, params.serverId);
      return server.generation > params.generation ? server : this.servers.become(tx, server, server.state, { task: server.task, raisesGeneration: true });
    });
  }

  private async wiring(run: Building, server: Server, requestedAt: Instant | undefined): Promise<Progress> {
    const nics: readonly Interface[] = await this.interfaces.list(run.db, server.id);
    const remaining = (requestedAt ?? 0) + WIRING_PATIENCE - run.clock.now();
    if (remaining <= 0 || nics.every(({ status }) => status === 'ACTIVE')) return 'ready';
    return { lookAgainIn: milliseconds(remaining) };
  }
}
