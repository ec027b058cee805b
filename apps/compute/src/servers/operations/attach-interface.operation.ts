import { Injectable } from '@nestjs/common';
import { minutes, type Duration, type Fault, type ServerId } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { guestReport, GuestsRepository } from '../../guests/index.js';
import { InterfacesRepository } from '../../interfaces/index.js';
import { NetworkCalls } from '../../network/index.js';
import { answerOf, COMMAND_PATIENCE, isOverdue } from '../guest-progress.js';
import { HostCommands } from '../host-commands.js';
import { ServersRepository } from '../servers.repository.js';

export interface InterfaceParams {
  serverId: ServerId;
  generation: number;
  portId: string;
}

/**
 * Plugs a port that belongs to the server already into its guest.
 *
 * Theory of operation. Network has made the port and bound it before this starts; the host is told until it reports the port.
 * If it cannot be plugged, the port is released again. A process that dies between the port's making and this operation leaves
 * a port that the guest does not have: the reconciler plugs it.
 */
@Injectable()
export class AttachInterface extends Operation<InterfaceParams, { requestedAt: number }> {
  readonly kind = 'server.attach-interface';
  readonly version = 1;
  readonly deadline: Duration = minutes(5);
  readonly steps = [
    step('request-nic', (run: Run<this>) => this.request(run)),
    step('await-nic', (run: Run<this>) => this.await(run)),
  ];

  constructor(
    private readonly servers: ServersRepository,
    private readonly guests: GuestsRepository,
    private readonly interfaces: InterfacesRepository,
    private readonly network: NetworkCalls,
    private readonly commands: HostCommands,
  ) {
    super();
  }

  private async request(run: Run<this>): Promise<Outcome> {
    await this.tell(run);
    return done({ requestedAt: run.clock.now() });
  }

  private async await(run: Run<this>): Promise<Outcome> {
    const { serverId, generation, portId } = run.params;
    const server = await this.servers.get(run.db, serverId);
    const answer = answerOf(server, await this.guests.list(run.db, serverId), generation);
    if (answer.guest?.portIds.includes(portId) === true) return finish(async () => undefined);
    if (isOverdue(run.clock, run.outputs.requestedAt, answer) && !(await this.tell(run))) return finish(async () => undefined);
    return park({ until: guestReport(serverId), atMost: COMMAND_PATIENCE });
  }

  /** False where the port is no interface of the server any more: somebody deleted it meanwhile. */
  private async tell(run: Run<this>): Promise<boolean> {
    const { serverId, generation, portId } = run.params;
    const server = await this.servers.get(run.db, serverId);
    const nic = (await this.interfaces.list(run.db, serverId)).find((entry) => entry.portId === portId);
    if (nic !== undefined) await run.transaction((tx) => this.commands.ensureNic(tx, server, nic, generation));
    return nic !== undefined;
  }

  async abandon(run: Run<this>, _reason: Fault): Promise<Outcome> {
    const { serverId, portId } = run.params;
    const server = await this.servers.get(run.db, serverId);
    await run.transaction((tx) => this.commands.ensureNoNic(tx, server, portId, server.generation));
    await this.network.releasePorts({ serverId, portIds: [portId] }, { signal: run.signal, idempotencyKey: run.idempotencyKey() });
    return finish((tx) => this.interfaces.forget(tx, serverId, [portId]));
  }
}
