import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, newRequestId, seconds, type Clock, type Duration, type Instant, type ServerId } from '@virga/kernel';
import { liveOperations, Operations } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { alarm, correct, leaveAlone, nothing, Reconciler, type Correction } from '@virga/reconcile';
import { GuestsRepository, type GuestObservation } from '../guests/index.js';
import { HOST_SILENCE, HostsRepository } from '../hosts/index.js';
import { DeleteServer } from './operations/delete-server.operation.js';
import { HardRebootServer, StopServer } from './operations/power-server.operations.js';
import { faultAt } from './server-fault.js';
import { isTransitional, type Server } from './server.js';
import { ServersRepository } from './servers.repository.js';

/** A server beside what its host says. */
export interface SeenServer {
  server: Server;
  hasOperation: boolean;
  guest: GuestObservation | undefined;
  /** When its host was last heard of; undefined where it has none. */
  hostSeenAt: Instant | undefined;
}

export type ServerRepair = 'note-stopped' | 'start-again' | 'stop-again' | 'delete-again' | 'mark-error';

/** What to do about a server, as Nova's `sync_power_state` would: a guest that stopped by itself is SHUTOFF, one that vanished is started again. Pure. */
export function planServer({ server, hasOperation, guest, hostSeenAt }: SeenServer, now: Instant): Correction<ServerRepair> {
  if (hasOperation) return leaveAlone('an operation is responsible');
  if (server.task === 'deleting') return alarm('a server is being deleted by nobody', 'delete-again');
  if (isTransitional(server)) return alarm('a server is in a transitional state without an operation', 'mark-error');
  if (hostSeenAt === undefined || now - hostSeenAt > HOST_SILENCE) return leaveAlone('its host says nothing');
  if (guest === undefined || guest.generation < server.generation) return leaveAlone('its host has not said anything of its latest command');
  return planPower(server, guest);
}

function planPower({ state }: Server, { power }: GuestObservation): Correction<ServerRepair> {
  const isOff = power === 'shutdown' || power === 'crashed';
  if (state === 'active' && power === null) return correct('guest-vanished', 'start-again');
  if ((state === 'active' || state === 'paused') && isOff) return correct('guest-stopped-by-itself', 'note-stopped', { isDefect: false });
  if (state === 'stopped' && power === 'running') return correct('guest-started-by-itself', 'stop-again', { isDefect: false });
  return nothing();
}

/** Servers in one statement. Too many: long pauses between batches of other work. Too few: many statements. */
const BATCH = 200;

/**
 * Servers and their guests agree.
 *
 * Theory of operation. It compares what we say of servers with what hosts reported last, and only where no operation is
 * responsible and the host has confirmed the server's latest generation. Repairs are operations, or notes of facts, made under
 * the server's revision: whoever was faster wins, and the next pass looks again.
 */
@Injectable()
export class ServersReconciler extends Reconciler<SeenServer, ServerRepair> {
  readonly name = 'servers';
  readonly interval: Duration = seconds(30);

  constructor(
    private readonly db: Database,
    private readonly servers: ServersRepository,
    private readonly guests: GuestsRepository,
    private readonly hosts: HostsRepository,
    private readonly operations: Operations,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  async* observe(): AsyncIterable<readonly SeenServer[]> {
    const seenAt = new Map((await this.hosts.list(this.db)).map(({ name, lastSeenAt }) => [name, lastSeenAt]));
    for (let after: ServerId | undefined; ;) {
      const batch = await this.servers.batch(this.db, after, BATCH);
      if (batch.length === 0) return;
      const ids = batch.map(({ id }) => id);
      const live = await liveOperations(this.db, 'server', ids);
      const guests = await this.guests.ofServers(this.db, ids);
      yield batch.map((server) => ({
        server, hasOperation: live.has(server.id), hostSeenAt: server.host === null ? undefined : seenAt.get(server.host),
        guest: guests.find((guest) => guest.serverId === server.id && guest.host === server.host),
      }));
      after = ids.at(-1);
    }
  }

  plan(seen: SeenServer, now: Instant): Correction<ServerRepair> {
    return planServer(seen, now);
  }

  async correct(repair: ServerRepair, { server }: SeenServer): Promise<void> {
    await this.db.transaction((tx) => this.repairs[repair](tx, server));
  }

  describe({ server }: SeenServer): string {
    return `server ${server.id}`;
  }

  private readonly repairs: Readonly<Record<ServerRepair, (tx: Tx, server: Server) => Promise<unknown>>> = {
    'note-stopped': (tx, server) => this.servers.become(tx, server, 'stopped'),
    'mark-error': (tx, server) => this.servers.become(tx, server, 'error', { fault: faultAt(this.clock.now(), new Error('An action was lost.')) }),
    'start-again': async (tx, server) => {
      const { generation } = await this.servers.become(tx, server, 'active', { task: 'rebooting_hard', raisesGeneration: true });
      await this.operations.start(tx, HardRebootServer, { serverId: server.id, generation }, { on: server, by: { requestId: newRequestId() } });
    },
    'stop-again': async (tx, server) => {
      const { generation } = await this.servers.become(tx, server, 'stopped', { task: 'powering-off', raisesGeneration: true });
      await this.operations.start(tx, StopServer, { serverId: server.id, generation }, { on: server, by: { requestId: newRequestId() } });
    },
    'delete-again': async (tx, server) => {
      await this.operations.start(tx, DeleteServer, { serverId: server.id }, { on: server, by: { requestId: newRequestId() } });
    },
  };
}
