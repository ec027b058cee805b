import { Injectable } from '@nestjs/common';
import type { ServerNic } from '@virga/contracts-network';
import { minutes, newRequestId, type Duration, type Instant, type ServerId } from '@virga/kernel';
import { liveOperations, Operations } from '@virga/operations';
import { Database } from '@virga/persistence';
import { correct, leaveAlone, nothing, Reconciler, type Correction } from '@virga/reconcile';
import { InterfacesRepository, type Interface } from '../interfaces/index.js';
import { NetworkCalls } from '../network/index.js';
import { AttachInterface } from './operations/attach-interface.operation.js';
import type { Server } from './server.js';
import { ServersRepository } from './servers.repository.js';

/** A server's ports as network has them, beside what we and its host know. */
export interface SeenInterfaces {
  serverId: ServerId;
  server: Server | undefined;
  hasOperation: boolean;
  known: readonly Interface[];
  /** Network's word. */
  actual: readonly ServerNic[];
  /** The ports that the guest has; undefined where its host has not confirmed the latest command. */
  plugged: readonly string[] | undefined;
}

export type InterfacesRepair = { kind: 'release' } | { kind: 'note' } | { kind: 'plug'; portId: string };

/** What to do about a server's ports. Pure. */
export function planInterfaces({ server, hasOperation, known, actual, plugged }: SeenInterfaces): Correction<InterfacesRepair> {
  // A port's device id is its owner's to write: ports of servers that were never ours are none of our business.
  if (server === undefined) return nothing();
  if (hasOperation) return leaveAlone('an operation is responsible');
  if (server.state === 'deleted' || server.host === null) return actual.length > 0 ? correct('orphan-ports', { kind: 'release' }) : nothing();
  if (!isSame(known, actual)) return correct('outdated-nics', { kind: 'note' });
  const missing = plugged === undefined ? undefined : actual.find(({ portId }) => !plugged.includes(portId));
  return missing === undefined ? nothing() : correct('unplugged-port', { kind: 'plug', portId: missing.portId });
}

function isSame(known: readonly Interface[], actual: readonly ServerNic[]): boolean {
  const revisions = (nics: readonly ServerNic[]): string => nics.map(({ portId, revision }) => `${portId} ${revision}`).sort().join();
  return revisions(known) === revisions(actual);
}

const BATCH = 200;

/**
 * What we know of servers' ports is what network says, ports of servers that are gone are released, and guests have the ports
 * that network has bound to them.
 *
 * Theory of operation. Events keep us up to date; this finds what a lost event, or a process that died between two services,
 * left different. Facts are applied by revision. Releasing is a call that may be repeated; plugging is an operation.
 */
@Injectable()
export class InterfacesReconciler extends Reconciler<SeenInterfaces, InterfacesRepair> {
  readonly name = 'interfaces';
  readonly interval: Duration = minutes(1);

  constructor(
    private readonly db: Database,
    private readonly servers: ServersRepository,
    private readonly interfaces: InterfacesRepository,
    private readonly network: NetworkCalls,
    private readonly operations: Operations,
  ) {
    super();
  }

  async* observe(signal: AbortSignal): AsyncIterable<readonly SeenInterfaces[]> {
    const seen = new Set<string>();
    for (let after: string | null = null; ;) {
      const withPorts: string[] = await this.network.listServers(after, BATCH, signal);
      if (withPorts.length === 0) break;
      yield await this.see(withPorts as ServerId[], signal);
      withPorts.forEach((id) => seen.add(id));
      after = withPorts.at(-1) ?? null;
    }
    for (let after: ServerId | undefined; ;) {
      const known: ServerId[] = await this.interfaces.serversWithNics(this.db, after, BATCH);
      if (known.length === 0) break;
      yield await this.see(known.filter((id) => !seen.has(id)), signal);
      after = known.at(-1);
    }
  }

  plan(seen: SeenInterfaces, _now: Instant): Correction<InterfacesRepair> {
    return planInterfaces(seen);
  }

  async correct(repair: InterfacesRepair, { serverId, server, known, actual }: SeenInterfaces, signal: AbortSignal): Promise<void> {
    if (repair.kind === 'release') await this.network.releasePorts({ serverId, portIds: null }, { signal });
    if (repair.kind === 'note') await this.note(serverId, known, actual);
    if (repair.kind === 'plug' && server !== undefined) await this.plug(server, repair.portId);
  }

  describe({ serverId }: SeenInterfaces): string {
    return `interfaces of server ${serverId}`;
  }

  private async see(ids: readonly ServerId[], signal: AbortSignal): Promise<SeenInterfaces[]> {
    const servers = await this.servers.byIds(this.db, ids);
    const live = await liveOperations(this.db, 'server', ids);
    const actual = await this.network.describePorts([...ids], signal);
    const known = await this.interfaces.ofServers(this.db, ids);
    const plugged = await this.interfaces.plugged(this.db, ids);
    return ids.map((serverId) => ({
      serverId, server: servers.find(({ id }) => id === serverId), hasOperation: live.has(serverId), plugged: plugged.get(serverId),
      known: known.filter((nic) => nic.serverId === serverId), actual: actual.filter((nic) => nic.serverId === serverId),
    }));
  }

  private async note(serverId: ServerId, known: readonly Interface[], actual: readonly ServerNic[]): Promise<void> {
    const gone = known.filter(({ portId }) => !actual.some((nic) => nic.portId === portId)).map(({ portId }) => portId);
    await this.db.transaction(async (tx) => {
      await this.interfaces.record(tx, actual);
      if (gone.length > 0) await this.interfaces.forget(tx, serverId, gone);
    });
  }

  private async plug(server: Server, portId: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const { generation } = await this.servers.become(tx, server, server.state, { raisesGeneration: true });
      await this.operations.start(tx, AttachInterface, { serverId: server.id, generation, portId }, { on: server, by: { requestId: newRequestId() } });
    });
  }
}
