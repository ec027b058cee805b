import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, seconds, type Clock, type Duration, type ServerId } from '@virga/kernel';
import { done, finish, Operation, park, step, type Leftover, type Outcome, type Run } from '@virga/operations';
import { volumesOf } from '../../block-devices/index.js';
import { guestReport } from '../../guests/index.js';
import { HostsRepository, silentBefore } from '../../hosts/index.js';
import { DiskDecisions } from '../disk-decisions.js';
import { COMMAND_PATIENCE, isOverdue } from '../guest-progress.js';
import type { Server } from '../server.js';
import { ServerTeardown } from '../server-teardown.js';
import { STORAGE_PATIENCE } from '../server-volumes.js';
import { ServersRepository } from '../servers.repository.js';

/**
 * Makes a server, and everything that belongs to it, not exist.
 *
 * Theory of operation. The request has raised the server's generation, so that hosts refuse whatever was sent before. The steps
 * are `ServerTeardown`, taken apart so that the host works while network is asked. Deletion does not fail and does not hang: a
 * host that is silent already is not waited for, and what is not confirmed by the deadline becomes a debt; either way the server
 * is gone for its owner. Dying anywhere repeats a step, which finds less to do.
 */
@Injectable()
export class DeleteServer extends Operation<{ serverId: ServerId }, { requestedAt: number }> {
  readonly kind = 'server.delete';
  readonly version: number = 2;
  /** Too short: slow hosts leave debts where a moment's wait would do. Too long: users watch a server that will not go. */
  readonly deadline: Duration = seconds(90);
  /** Longer than a claim's lease: a worker that dies meanwhile must not turn what is nearly gone into a debt. */
  override readonly grace: Duration = seconds(60);
  readonly steps = [
    step('request-removal', (run: Run<this>) => this.requestRemoval(run)),
    step('release-ports', (run: Run<this>) => this.releasePorts(run)),
    step('await-removal', (run: Run<this>) => this.awaitRemoval(run)),
    step('release-volumes', (run: Run<this>) => this.releaseVolumes(run)),
  ];

  constructor(
    private readonly servers: ServersRepository,
    private readonly teardown: ServerTeardown,
    private readonly decisions: DiskDecisions,
    private readonly hosts: HostsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  private async requestRemoval(run: Run<this>): Promise<Outcome> {
    const server = await this.servers.get(run.db, run.params.serverId);
    const decision = await this.decisions.settle(run, server);
    if (decision.kind === 'park') return decision;
    const hosts = await this.teardown.hosts(run.db, server);
    if (hosts.length > 0) await run.transaction((tx) => this.teardown.requestRemoval(tx, server));
    return done({ requestedAt: run.clock.now() });
  }

  private async releasePorts(run: Run<this>): Promise<Outcome> {
    await this.teardown.releasePorts(run, await this.servers.get(run.db, run.params.serverId));
    return done();
  }

  private async awaitRemoval(run: Run<this>): Promise<Outcome> {
    const server = await this.servers.get(run.db, run.params.serverId);
    const remaining = await this.teardown.remaining(run.db, server);
    if (remaining.length === 0 || (await this.areSilent(run, server))) return done();
    const answer = { hasFailed: await this.teardown.hasFailed(run.db, server) };
    if (isOverdue(run.clock, run.outputs.requestedAt, answer)) await run.transaction((tx) => this.teardown.requestRemoval(tx, server));
    return park({ until: guestReport(server.id), atMost: COMMAND_PATIENCE });
  }

  /** After the guest: one that is still there, on a host that is silent, loses its volumes without being asked. */
  private async releaseVolumes(run: Run<this>): Promise<Outcome> {
    const server = await this.servers.get(run.db, run.params.serverId);
    if (!(await this.teardown.releaseVolumes(run, server))) return park({ until: volumesOf(server.id), atMost: STORAGE_PATIENCE });
    return this.conclude(server, await this.teardown.remaining(run.db, server));
  }

  async abandon(run: Run<this>): Promise<Outcome> {
    const server = await this.servers.get(run.db, run.params.serverId);
    const leftovers = await this.teardown.ensureNothingLeft(run, server);
    if (leftovers.length > 0 && !run.graceIsOver) return park({ until: guestReport(server.id), atMost: seconds(10) });
    return this.conclude(server, leftovers);
  }

  /** Whether every host that has not answered is known to be down. */
  private async areSilent(run: Run<this>, server: Server): Promise<boolean> {
    for (const host of await this.teardown.hosts(run.db, server)) {
      if (!(await this.hosts.isSilent(run.db, host, silentBefore(this.clock)))) return false;
    }
    return true;
  }

  private conclude(server: Server, leftovers: readonly Leftover[]): Outcome {
    return finish(async (tx) => {
      await this.teardown.settle(tx, server, leftovers);
      await this.servers.become(tx, server, 'deleted');
    }, 'succeeded');
  }
}

/** Deletions that began before servers had volumes: they go on with the same steps. */
@Injectable()
export class DeleteServer1 extends DeleteServer {
  override readonly version = 1;
}
