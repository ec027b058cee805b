import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import {
  changeServerPassword, lockServer, pauseServer, rebootServer, resetServerState, startServer, stopServer, unlockOverride, unlockServer, unpauseServer,
} from '@virga/contracts-compute';
import { Conflict, Invalid, type Caller } from '@virga/kernel';
import { Operations, type OperationClass } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { HardRebootServer, PauseServer, RebootServer, StartServer, StopServer, UnpauseServer } from './operations/power-server.operations.js';
import type { PowerParams } from './operations/power-steps.js';
import type { AnyOperation } from '@virga/operations';
import { ServerAccess } from './server-access.js';
import { taskStarts, type Server, type ServerTask } from './server.js';
import { requireState, ServerStateConflict } from './server-state-conflict.js';
import { ServersRepository } from './servers.repository.js';

type PowerKind = AnyOperation & { readonly paramsType: PowerParams };

interface PowerAction {
  /** As faults name it. */
  name: string;
  rule: PolicyRule;
  task: keyof typeof taskStarts;
  kind: OperationClass<PowerKind>;
}

export const powerActions = {
  start: { name: 'start', rule: startServer.policy, task: 'powering-on', kind: StartServer },
  stop: { name: 'stop', rule: stopServer.policy, task: 'powering-off', kind: StopServer },
  pause: { name: 'pause', rule: pauseServer.policy, task: 'pausing', kind: PauseServer },
  unpause: { name: 'unpause', rule: unpauseServer.policy, task: 'unpausing', kind: UnpauseServer },
  softReboot: { name: 'reboot', rule: rebootServer.policy, task: 'rebooting', kind: RebootServer },
  hardReboot: { name: 'reboot', rule: rebootServer.policy, task: 'rebooting_hard', kind: HardRebootServer },
} as const satisfies Record<string, PowerAction>;

/** Tasks that a hard reboot may overtake: what the guest, not the host, is slow at. */
const REBOOTABLE_TASKS: readonly (ServerTask | null)[] = [null, 'rebooting', 'pausing'];

/** What users do to servers, apart from making, rebuilding and deleting them. */
@Injectable()
export class ServerActions {
  constructor(
    private readonly db: Database,
    private readonly servers: ServersRepository,
    private readonly access: ServerAccess,
    private readonly operations: Operations,
    private readonly policy: Policy,
  ) {}

  /** Begins a change of the server's power. */
  async power(caller: Caller, id: string, action: PowerAction): Promise<void> {
    await this.change(caller, action.rule, id, async (tx, server) => {
      this.access.requireUnlocked(caller, server);
      const isHardReboot = action.task === 'rebooting_hard';
      requireState(server, action.name, taskStarts[action.task], { anyTask: isHardReboot });
      if (isHardReboot && !REBOOTABLE_TASKS.includes(server.task)) throw new ServerStateConflict(action.name, server, 'task_state');
      if (server.host === null) throw new Conflict('compute.server.not-ready', `Instance ${server.id} is not ready`);
      const changed = await this.servers.become(tx, server, server.state, { task: action.task, raisesGeneration: true });
      await this.operations.start(tx, action.kind, { serverId: server.id, generation: changed.generation }, { on: server, by: caller });
    });
  }

  async lock(caller: Caller, id: string, reason: string | null): Promise<void> {
    await this.change(caller, lockServer.policy, id, (tx, server) =>
      this.servers.edit(tx, server, { lockedBy: caller.projectId === server.projectId ? 'owner' : 'admin', lockedReason: reason }));
  }

  /** What an administrator of another project has locked, only administrators unlock. */
  async unlock(caller: Caller, id: string): Promise<void> {
    await this.change(caller, unlockServer.policy, id, (tx, server) => {
      if (server.lockedBy === 'admin') this.policy.require(caller, unlockOverride, { project_id: server.projectId });
      return this.servers.edit(tx, server, { lockedBy: null, lockedReason: null });
    });
  }

  /** An operator's word against ours. What an operation is doing at the moment goes on and has the last one. */
  async resetState(caller: Caller, id: string, state: 'active' | 'error'): Promise<void> {
    await this.change(caller, resetServerState.policy, id, (tx, server) => this.servers.become(tx, server, state, state === 'active' ? { fault: null } : {}));
  }

  /** Guests have no agent of ours inside that could do it. */
  async changePassword(caller: Caller, id: string): Promise<never> {
    const server = await this.access.require(caller, changeServerPassword.policy, id);
    this.access.requireUnlocked(caller, server);
    requireState(server, 'changePassword', ['active']);
    throw new Invalid('compute.server.password-unsupported', 'Unable to set password on instance', { status: 501 });
  }

  private async change(caller: Caller, rule: PolicyRule, id: string, work: (tx: Tx, server: Server) => Promise<unknown>): Promise<void> {
    const { id: known } = await this.access.require(caller, rule, id);
    await this.db.transaction(async (tx) => work(tx, await this.servers.lock(tx, known)));
  }
}
