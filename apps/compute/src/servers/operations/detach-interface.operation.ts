import { Injectable } from '@nestjs/common';
import { minutes, type Duration } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { guestReport, GuestsRepository } from '../../guests/index.js';
import { InterfacesRepository } from '../../interfaces/index.js';
import { NetworkCalls } from '../../network/index.js';
import { answerOf, COMMAND_PATIENCE, isOverdue } from '../guest-progress.js';
import { HostCommands } from '../host-commands.js';
import { ServersRepository } from '../servers.repository.js';
import type { InterfaceParams } from './attach-interface.operation.js';

/**
 * Takes a port out of the guest and then gives it back to network.
 *
 * Theory of operation. The order keeps a guest from sending through a port that belongs to somebody else. If the host does not
 * answer in time the port is released all the same: network unbinds it, and the host's next look removes it from the guest.
 */
@Injectable()
export class DetachInterface extends Operation<InterfaceParams, { requestedAt: number }> {
  readonly kind = 'server.detach-interface';
  readonly version = 1;
  readonly deadline: Duration = minutes(2);
  readonly steps = [
    step('request-no-nic', (run: Run<this>) => this.request(run)),
    step('await-no-nic', (run: Run<this>) => this.await(run)),
    step('release-port', (run: Run<this>) => this.release(run)),
    // Clients look for the end of Nova's event `compute_detach_interface`.
    step('detach-interface', (run: Run<this>) => this.forget(run)),
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
    if (answer.guest?.portIds.includes(portId) === false) return done();
    if (isOverdue(run.clock, run.outputs.requestedAt, answer)) await this.tell(run);
    return park({ until: guestReport(serverId), atMost: COMMAND_PATIENCE });
  }

  private async release(run: Run<this>): Promise<Outcome> {
    const { serverId, portId } = run.params;
    await this.network.releasePorts({ serverId, portIds: [portId] }, { signal: run.signal, idempotencyKey: run.idempotencyKey() });
    return done();
  }

  private async forget({ params: { serverId, portId } }: Run<this>): Promise<Outcome> {
    return finish((tx) => this.interfaces.forget(tx, serverId, [portId]));
  }

  private async tell(run: Run<this>): Promise<void> {
    const server = await this.servers.get(run.db, run.params.serverId);
    await run.transaction((tx) => this.commands.ensureNoNic(tx, server, run.params.portId, run.params.generation));
  }

  async abandon(run: Run<this>): Promise<Outcome> {
    await this.release(run);
    return this.forget(run);
  }
}
