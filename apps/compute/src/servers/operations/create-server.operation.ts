import { Injectable } from '@nestjs/common';
import { minutes, seconds, type Duration, type Fault, type ServerId } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { BlockDevicesRepository, volumesOf } from '../../block-devices/index.js';
import { guestReport, GuestsRepository } from '../../guests/index.js';
import { ServerTeardown } from '../server-teardown.js';
import { ServersRepository } from '../servers.repository.js';
import { ServerBuild } from '../server-build.js';
import { faultAt } from '../server-fault.js';
import { ServerVolumes, STORAGE_PATIENCE } from '../server-volumes.js';

export interface BuildParams {
  serverId: ServerId;
  /** What this operation commands hosts with. */
  generation: number;
}

/**
 * Turns an accepted request into a running guest.
 *
 * Theory of operation. Each step looks at what exists under the server's id and adds what is missing, so any step may be
 * repeated by any worker at any time. Nothing is remembered but when the host was last told; all else is read again. If the
 * build cannot succeed, the generation is raised, so that no late command can bring the guest back, and `ServerTeardown`
 * removes whatever is found, exactly as deletion does; what cannot be reached becomes a debt. The server stays in ERROR with a
 * fault its owner can read, and can be deleted at once.
 */
@Injectable()
export class CreateServer extends Operation<BuildParams, { requestedAt: number }> {
  readonly kind = 'server.create';
  readonly version: number = 2;
  readonly deadline: Duration = minutes(30);
  override readonly grace: Duration = seconds(60);
  readonly steps = [
    step('reserve-host', (run: Run<this>) => this.reserveHost(run)),
    step('create-ports', (run: Run<this>) => this.createPorts(run)),
    step('ensure-volumes', (run: Run<this>) => this.ensureVolumes(run)),
    step('request-guest', (run: Run<this>) => this.requestGuest(run)),
    step('await-guest', (run: Run<this>) => this.awaitGuest(run)),
  ];

  constructor(
    private readonly servers: ServersRepository,
    private readonly build: ServerBuild,
    private readonly volumes: ServerVolumes,
    private readonly devices: BlockDevicesRepository,
    private readonly guests: GuestsRepository,
    private readonly teardown: ServerTeardown,
  ) {
    super();
  }

  private async reserveHost(run: Run<this>): Promise<Outcome> {
    const server = await this.servers.get(run.db, run.params.serverId);
    if (server.host === null) await this.build.reserveHost(run, server);
    return done();
  }

  private async createPorts(run: Run<this>): Promise<Outcome> {
    await this.build.createPorts(run, await this.servers.get(run.db, run.params.serverId));
    return done();
  }

  private async ensureVolumes(run: Run<this>): Promise<Outcome> {
    const server = await this.servers.get(run.db, run.params.serverId);
    return (await this.volumes.ensureReachable(run, server)) ? done() : park({ until: volumesOf(server.id), atMost: STORAGE_PATIENCE });
  }

  private async requestGuest(run: Run<this>): Promise<Outcome> {
    await this.build.requestGuest(run, await this.servers.get(run.db, run.params.serverId), run.params.generation);
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitGuest(run: Run<this>): Promise<Outcome> {
    const server = await this.servers.get(run.db, run.params.serverId);
    const progress = await this.build.progress(run, server, run.params.generation, run.outputs.requestedAt);
    if (progress !== 'ready') return park({ until: guestReport(server.id), atMost: progress.lookAgainIn });
    await this.volumes.complete(run, server);
    return finish(async (tx) => {
      await this.devices.settle(tx, server.id);
      await this.servers.become(tx, server, 'active', { fault: null, isLaunch: true });
    });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const server = await this.build.outdateCommands(run, run.params);
    const leftovers = await this.teardown.ensureNothingLeft(run, server);
    if (leftovers.length > 0 && !run.graceIsOver) return park({ until: guestReport(server.id), atMost: seconds(10) });
    return finish(async (tx) => {
      await this.teardown.settle(tx, server, leftovers);
      await this.servers.become(tx, server, 'error', { fault: faultAt(run.clock.now(), reason), host: null });
      await this.guests.forget(tx, server.id);
    });
  }
}

/** Builds that began before servers had volumes: they go on with the same steps. */
@Injectable()
export class CreateServer1 extends CreateServer {
  override readonly version = 1;
}
