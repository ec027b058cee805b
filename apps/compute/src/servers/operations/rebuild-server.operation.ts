import { Injectable } from '@nestjs/common';
import { minutes, seconds, type Duration, type Fault, type ServerId } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run, type Step } from '@virga/operations';
import { guestReport, GuestsRepository } from '../../guests/index.js';
import { answerOf, COMMAND_PATIENCE, isOverdue } from '../guest-progress.js';
import type { Server } from '../server.js';
import { ServerBuild } from '../server-build.js';
import { RootVolume, type Reimage } from '../root-volume.js';
import { faultAt } from '../server-fault.js';
import { ServersRepository } from '../servers.repository.js';
import { ServerTeardown } from '../server-teardown.js';

interface RebuildParams {
  serverId: ServerId;
  /** With which the old guest is removed; the new one is made with the next. */
  generation: number;
  /** A server that was stopped is stopped again afterwards. */
  wasStopped: boolean;
  /** What is written over the volume that it boots from; absent where that stays as it is, or there is none. */
  reimage?: Reimage | undefined;
}

/**
 * Replaces a server's disk by a new one from an image; ports, addresses, room and host stay.
 *
 * Theory of operation. The guest is removed with one generation, which leaves a tombstone on its host, and made again with the
 * next: late commands of either kind are refused. In between block storage writes the image over the volume of a server that boots from one,
 * and keeps it for the server. Each step looks first. If it cannot be finished the server is in ERROR and
 * keeps its host, ports and room; it can be rebuilt again, rebooted or deleted.
 */
@Injectable()
export class RebuildServer extends Operation<RebuildParams, { removalRequestedAt: number; requestedAt: number; stopRequestedAt: number }> {
  readonly kind = 'server.rebuild';
  readonly version: number = 2;
  readonly deadline: Duration = minutes(30);
  readonly steps = this.declared();

  constructor(
    private readonly servers: ServersRepository,
    private readonly build: ServerBuild,
    private readonly teardown: ServerTeardown,
    private readonly guests: GuestsRepository,
    private readonly root: RootVolume,
  ) {
    super();
  }

  protected declared(): Step[] {
    return [
      step('request-removal', (run: Run<this>) => this.requestRemoval(run)),
      step('await-removal', (run: Run<this>) => this.awaitRemoval(run)),
      step('write-image', (run: Run<this>) => this.root.write(run, run.params)),
      step('connect-root', (run: Run<this>) => this.root.connect(run, run.params)),
      step('request-guest', (run: Run<this>) => this.requestGuest(run)),
      step('await-guest', (run: Run<this>) => this.awaitGuest(run)),
      step('settle-power', (run: Run<this>) => this.settlePower(run)),
    ];
  }

  private async requestRemoval(run: Run<this>): Promise<Outcome> {
    const server = await this.get(run);
    await run.transaction((tx) => this.teardown.requestRemoval(tx, server));
    return done({ removalRequestedAt: run.clock.now() });
  }

  private async awaitRemoval(run: Run<this>): Promise<Outcome> {
    const server = await this.get(run);
    const answer = answerOf(server, await this.guests.list(run.db, server.id), run.params.generation);
    const { guest } = answer;
    const isGone = guest !== undefined && (guest.power === null || guest.generation > run.params.generation);
    if (isGone) return done();
    if (isOverdue(run.clock, run.outputs.removalRequestedAt, answer)) await run.transaction((tx) => this.teardown.requestRemoval(tx, server));
    return park({ until: guestReport(server.id), atMost: COMMAND_PATIENCE });
  }

  private async requestGuest(run: Run<this>): Promise<Outcome> {
    const server = await this.build.outdateCommands(run, run.params);
    await this.build.requestGuest(run, server, server.generation);
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitGuest(run: Run<this>): Promise<Outcome> {
    const server = await this.get(run);
    const progress = await this.build.progress(run, server, server.generation, run.outputs.requestedAt);
    if (progress !== 'ready') return park({ until: guestReport(server.id), atMost: progress.lookAgainIn });
    await this.root.complete(run, run.params);
    if (!run.params.wasStopped) return finish((tx) => this.servers.become(tx, server, 'active', { fault: null, isLaunch: true }));
    const stopping = await this.build.outdateCommands(run, { serverId: server.id, generation: run.params.generation + 1 });
    await this.build.requestStop(run, stopping);
    return done({ stopRequestedAt: run.clock.now() });
  }

  private async settlePower(run: Run<this>): Promise<Outcome> {
    const server = await this.get(run);
    const answer = answerOf(server, await this.guests.list(run.db, server.id), server.generation);
    if (answer.guest?.power === 'shutdown') return finish((tx) => this.servers.become(tx, server, 'stopped', { fault: null }));
    if (isOverdue(run.clock, run.outputs.stopRequestedAt, answer)) await this.build.requestStop(run, server);
    return park({ until: guestReport(server.id), atMost: seconds(90) });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const server = await this.get(run);
    return finish((tx) => this.servers.become(tx, server, 'error', { fault: faultAt(run.clock.now(), reason) }));
  }

  private get(run: Run<this>): Promise<Server> {
    return this.servers.get(run.db, run.params.serverId);
  }
}

/** Rebuilds that began before volumes could be written over: they go on with the steps that they had. */
@Injectable()
export class RebuildServer1 extends RebuildServer {
  override readonly version = 1;

  protected override declared(): Step[] {
    return super.declared().filter(({ name }) => name !== 'write-image' && name !== 'connect-root');
  }
}
