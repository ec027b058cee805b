import { Injectable } from '@nestjs/common';
import { Conflict, type Fault, type ServerId } from '@virga/kernel';
import { done, finish, park, step, type Outcome, type Run, type Step } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import type { Flavor } from '../../flavors/index.js';
import { guestReport, GuestsRepository } from '../../guests/index.js';
import { HostsRepository } from '../../hosts/index.js';
import { PlacementRepository } from '../../placement/index.js';
import { amountsInWords } from '../../scheduling/index.js';
import { answerOf, COMMAND_PATIENCE, isOverdue } from '../guest-progress.js';
import { roomFor } from '../guest-spec.js';
import type { Server } from '../server.js';
import { ServerBuild } from '../server-build.js';
import { faultAt } from '../server-fault.js';
import { ServersRepository } from '../servers.repository.js';

export interface ReshapeParams {
  serverId: ServerId;
  generation: number;
  /** What the server is to have. */
  flavor: Flavor;
  /** What it has had. */
  former: Flavor;
  wasStopped: boolean;
}

/** Whether the new flavor is on trial, or the former one comes back for good. */
export type Reshape = 'resize' | 'revert';

interface Outputs {
  stopRequestedAt: number;
  requestedAt: number;
  settleRequestedAt: number;
}

type ReshapeRun = Pick<Run<never>, 'db' | 'clock' | 'signal' | 'transaction' | 'idempotencyKey'> & { params: Readonly<ReshapeParams>; outputs: Readonly<Partial<Outputs>> };

/** The host that a server is on has no room for the flavor that it is to have. */
class NoRoomToGrow extends Conflict {
  constructor(needs: Readonly<Record<string, number>>) {
    super('compute.scheduling.no-valid-host', `No valid host was found. The server's host has no room for ${amountsInWords(needs)}.`);
  }
}

/** How long a guest may take to shut down by itself before its power is cut. */
const GRACE_SECONDS = 60;

/** What two flavors need at most of each resource: room for either is kept until it is known which of them stays. */
export function largerOf(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): Record<string, number> {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(names.map((name) => [name, Math.max(one[name] ?? 0, other[name] ?? 0)]));
}

/**
 * The steps of giving a server another flavor on the host that it is on, and of taking that back.
 *
 * Theory of operation. Room for the larger of both flavors is taken first and kept until the resize is confirmed or reverted, so
 * that going back never fails for lack of it. A guest changes its shape only while it is off: it is stopped, the flavor changes
 * together with the generation, and the host makes the guest as it should be. Each step looks first. A resize that finds no
 * room leaves the server as it was; one that fails later leaves it in ERROR with the flavor that it has then.
 */
@Injectable()
export class ReshapeSteps {
  constructor(
    private readonly servers: ServersRepository,
    private readonly build: ServerBuild,
    private readonly guests: GuestsRepository,
    private readonly hosts: HostsRepository,
    private readonly placement: PlacementRepository,
  ) {}

  steps(reshape: Reshape): Step[] {
    const named = (name: string, work: (run: ReshapeRun) => Promise<Outcome>): Step => step(name, (run: Run<never>) => work(run as unknown as ReshapeRun));
    return [
      named('reserve-room', (run) => this.reserveRoom(run)),
      named('request-stop', (run) => this.requestStop(run)),
      named('await-stop', (run) => this.awaitStop(run)),
      named('request-guest', (run) => this.requestGuest(run, reshape)),
      named('await-guest', (run) => this.awaitGuest(run, reshape)),
      named('settle-power', (run) => this.settlePower(run, reshape)),
    ];
  }

  /** Before the flavor has changed the server is as it was; afterwards somebody has to look. */
  async abandon(run: ReshapeRun, reason: Fault): Promise<Outcome> {
    const server = await this.get(run);
    const isUntouched = server.flavor.id === run.params.former.id && server.generation === run.params.generation && run.outputs.stopRequestedAt === undefined;
    return finish(async (tx) => {
      await this.claim(tx, server, roomFor(server, server.flavor));
      const next = isUntouched ? (run.params.wasStopped ? 'stopped' : 'active') : 'error';
      await this.servers.become(tx, server, next, { counts: server.flavor, resize: null, ...(next === 'error' && { fault: faultAt(run.clock.now(), reason) }) });
    });
  }

  private async reserveRoom(run: ReshapeRun): Promise<Outcome> {
    const server = await this.get(run);
    const { flavor, former } = run.params;
    const needs = largerOf(roomFor(server, flavor), roomFor(server, former));
    if (!(await run.transaction((tx) => this.claim(tx, server, needs)))) throw new NoRoomToGrow(needs);
    return done();
  }

  private async requestStop(run: ReshapeRun): Promise<Outcome> {
    await this.build.requestStop(run, await this.get(run), GRACE_SECONDS);
    return done({ stopRequestedAt: run.clock.now() });
  }

  private async awaitStop(run: ReshapeRun): Promise<Outcome> {
    const server = await this.get(run);
    const answer = answerOf(server, await this.guests.list(run.db, server.id), run.params.generation);
    if (answer.guest?.power === 'shutdown') return done();
    if (isOverdue(run.clock, run.outputs.stopRequestedAt, answer)) await this.build.requestStop(run, server, GRACE_SECONDS);
    return park({ until: guestReport(server.id), atMost: COMMAND_PATIENCE });
  }

  private async requestGuest(run: ReshapeRun, reshape: Reshape): Promise<Outcome> {
    const server = await run.transaction(async (tx) => this.changeFlavor(tx, run, await this.servers.lock(tx, run.params.serverId), reshape));
    await this.build.requestGuest(run, server, server.generation);
    return done({ requestedAt: run.clock.now() });
  }

  private async changeFlavor(tx: Tx, { params }: ReshapeRun, server: Server, reshape: Reshape): Promise<Server> {
    if (server.generation > params.generation) return server;
    const resize = reshape === 'resize' ? { flavor: params.former, wasStopped: params.wasStopped } : null;
    return this.servers.become(tx, server, server.state, { task: server.task, flavor: params.flavor, resize, raisesGeneration: true });
  }

  private async awaitGuest(run: ReshapeRun, reshape: Reshape): Promise<Outcome> {
    const server = await this.get(run);
    const progress = await this.build.progress(run, server, server.generation, run.outputs.requestedAt);
    if (progress !== 'ready') return park({ until: guestReport(server.id), atMost: progress.lookAgainIn });
    if (!run.params.wasStopped) return this.conclude(run, server, reshape);
    const stopping = await this.build.outdateCommands(run, { serverId: server.id, generation: run.params.generation + 1 });
    await this.build.requestStop(run, stopping);
    return done({ settleRequestedAt: run.clock.now() });
  }

  private async settlePower(run: ReshapeRun, reshape: Reshape): Promise<Outcome> {
    const server = await this.get(run);
    const answer = answerOf(server, await this.guests.list(run.db, server.id), server.generation);
    if (answer.guest?.power === 'shutdown') return this.conclude(run, server, reshape);
    if (isOverdue(run.clock, run.outputs.settleRequestedAt, answer)) await this.build.requestStop(run, server);
    return park({ until: guestReport(server.id), atMost: COMMAND_PATIENCE });
  }

  private conclude({ params }: ReshapeRun, server: Server, reshape: Reshape): Outcome {
    return finish(async (tx) => {
      if (reshape === 'resize') return this.servers.become(tx, server, 'resized', { fault: null });
      await this.claim(tx, server, roomFor(server, server.flavor));
      return this.servers.become(tx, server, params.wasStopped ? 'stopped' : 'active', { fault: null, counts: server.flavor });
    });
  }

  /** Takes exactly this of the server's host, instead of what it has had there. */
  async claim(tx: Tx, server: Server, amounts: Readonly<Record<string, number>>): Promise<boolean> {
    const host = server.host === null ? undefined : await this.hosts.find(tx, server.host);
    if (host === undefined) return false;
    return this.placement.claim(tx, { consumer: server.id, projectId: server.projectId, userId: server.userId, provider: host.id, amounts });
  }

  private get(run: ReshapeRun): Promise<Server> {
    return this.servers.get(run.db, run.params.serverId);
  }
}
