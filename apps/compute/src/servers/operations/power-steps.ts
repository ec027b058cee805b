import { Injectable } from '@nestjs/common';
import { seconds, type Fault, type HostId, type ServerId } from '@virga/kernel';
import { done, finish, park, step, type Outcome, type Run, type Step, type WakeKey } from '@virga/operations';
import { GuestsRepository, guestReport } from '../../guests/index.js';
import { answerOf, COMMAND_PATIENCE, isOverdue } from '../guest-progress.js';
import { HostCommands, type PowerCommand } from '../host-commands.js';
import type { Server, ServerState } from '../server.js';
import { faultAt } from '../server-fault.js';
import { ServersRepository } from '../servers.repository.js';

export interface PowerParams {
  serverId: ServerId;
  generation: number;
}

/** What a kind of operation makes of a guest, and of its server when that is true. */
export interface PowerGoal extends PowerCommand {
  becomes: ServerState;
}

type PowerRun = Pick<Run<never>, 'db' | 'clock' | 'transaction'> & { params: Readonly<PowerParams>; outputs: Readonly<{ requestedAt?: number }> };

/**
 * The steps that all changes of a guest's power share: tell the host, then wait for its word.
 *
 * Theory of operation. The command carries the guest's whole specification, so that a host which lost the guest can make it
 * again. It may be sent any number of times: hosts compare generations, and a restart is done once for each generation. When
 * the wish cannot be carried out, the server becomes what its host says it is; where the host says nothing, it is in ERROR.
 */
@Injectable()
export class PowerSteps {
  constructor(
    private readonly servers: ServersRepository,
    private readonly guests: GuestsRepository,
    private readonly commands: HostCommands,
  ) {}

  steps(goal: PowerGoal): Step[] {
    return [
      step('request-power', (run: Run<never>) => this.request(run as unknown as PowerRun, goal)),
      step('await-power', (run: Run<never>) => this.await(run as unknown as PowerRun, goal)),
    ];
  }

  async abandon(run: PowerRun, reason: Fault): Promise<Outcome> {
    const server = await this.servers.get(run.db, run.params.serverId);
    const guests = await this.guests.list(run.db, server.id);
    const power = guests.find(({ host }) => host === server.host)?.power;
    const states: Partial<Record<string, ServerState>> = { running: 'active', paused: 'paused', shutdown: 'stopped', crashed: 'stopped' };
    const next = (power && states[power]) ?? 'error';
    return finish((tx) => this.servers.become(tx, server, next, next === 'error' ? { fault: faultAt(run.clock.now(), reason) } : {}));
  }

  private async request(run: PowerRun, goal: PowerGoal): Promise<Outcome> {
    await this.tell(run, await this.servers.get(run.db, run.params.serverId), goal);
    return done({ requestedAt: run.clock.now() });
  }

  private async await(run: PowerRun, goal: PowerGoal): Promise<Outcome> {
    const server = await this.servers.get(run.db, run.params.serverId);
    const answer = answerOf(server, await this.guests.list(run.db, server.id), run.params.generation);
    if (answer.guest?.power === goal.power) return finish((tx) => this.servers.become(tx, server, goal.becomes, { fault: null }));
    if (isOverdue(run.clock, patient(run.outputs.requestedAt, goal), answer)) await this.tell(run, server, goal);
    return park({ until: guestReport(server.id) as WakeKey, atMost: seconds(COMMAND_PATIENCE / 1000 + (goal.graceSeconds ?? 0)) });
  }

  private async tell(run: PowerRun, server: Server, goal: PowerGoal): Promise<void> {
    const { power, restart, graceSeconds } = goal;
    // A guest that its host has lost (its disks may still be there) is made again; to any other the host is told its power.
    const isLost = (await this.guests.find(run.db, server.id, server.host as HostId))?.power === null;
    if (isLost && power === 'running') return run.transaction((tx) => this.commands.ensureGuest(tx, server, run.params.generation));
    const wanted = { power, ...(restart && { restart }), ...(graceSeconds !== undefined && { graceSeconds }) };
    await run.transaction((tx) => this.commands.ensurePower(tx, server, run.params.generation, wanted));
  }
}

/** A guest may take its time to follow a polite request: that is no silence. */
function patient(requestedAt: number | undefined, { graceSeconds = 0 }: PowerGoal): number | undefined {
  return requestedAt === undefined ? undefined : requestedAt + seconds(graceSeconds);
}
