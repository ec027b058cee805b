import { Injectable } from '@nestjs/common';
import { Unavailable, type HostId } from '@virga/kernel';
import { Debts, type Leftover, type Run } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import { GuestsRepository } from '../guests/index.js';
import { InterfacesRepository } from '../interfaces/index.js';
import { NetworkCalls } from '../network/index.js';
import { PlacementRepository } from '../placement/index.js';
import { hostsToClear } from './guest-progress.js';
import { HostCommands } from './host-commands.js';
import type { Server } from './server.js';
import { ServerVolumes } from './server-volumes.js';

type Teardown = Pick<Run<never>, 'db' | 'signal' | 'transaction' | 'idempotencyKey'>;

/** What a server has outside of its host. */
@Injectable()
export class ServerSurroundings {
  constructor(readonly network: NetworkCalls, readonly interfaces: InterfacesRepository, readonly volumes: ServerVolumes) {}
}

/**
 * Removes what exists outside the database for a server: its guest, its ports, its volumes, its room on a host.
 *
 * Theory of operation. It works from what it finds: hosts that were ever told of the guest, ports that network knows under the
 * server's id. Failure, deletion and repair all use it. Each part may be repeated; "already gone" is success. The server's
 * generation must have been raised before: hosts then refuse whatever was sent earlier, also when it arrives late. What cannot
 * be reached is answered as leftovers, for debts; the room on a host stays taken as long as a guest may still use it.
 */
@Injectable()
export class ServerTeardown {
  constructor(
    private readonly guests: GuestsRepository,
    private readonly commands: HostCommands,
    private readonly outside: ServerSurroundings,
    private readonly placement: PlacementRepository,
    private readonly debts: Debts,
  ) {}

  /** Does what can be done now; answers what is not known to be gone yet. */
  async ensureNothingLeft(run: Teardown, server: Server): Promise<Leftover[]> {
    const leftovers = await this.remaining(run.db, server);
    if (leftovers.length > 0) await run.transaction((tx) => this.requestRemoval(tx, server));
    const hasPorts = await this.releasePorts(run, server).then(() => false, isUnreachable);
    const hasVolumes = await this.releaseVolumes(run, server).then((areGone) => !areGone, isUnreachable);
    return [
      ...leftovers,
      ...(hasPorts ? [{ backend: 'network', resourceType: 'ports', generation: server.generation }] : []),
      ...(hasVolumes ? [{ backend: 'block-storage', resourceType: 'volumes', generation: server.generation }] : []),
    ];
  }

  /** Tells every host that may have something of the server to remove it. */
  async requestRemoval(tx: Tx, server: Server): Promise<void> {
    for (const host of await this.hosts(tx, server)) await this.commands.ensureNoGuest(tx, server.id, host, server.generation);
  }

  /** What hosts have not confirmed to be gone. */
  async remaining(db: Reader, server: Server): Promise<Leftover[]> {
    const hosts = await this.hosts(db, server);
    return hosts.map((host) => ({ backend: `host:${host}`, resourceType: 'guest', generation: server.generation }));
  }

  /** Whether a host could not remove it for the moment. */
  async hasFailed(db: Reader, server: Server): Promise<boolean> {
    return (await this.guests.list(db, server.id)).some(({ failure }) => failure?.generation === server.generation);
  }

  async hosts(db: Reader, server: Server): Promise<HostId[]> {
    return hostsToClear(server, await this.guests.list(db, server.id));
  }

  /** Ports made for the server are deleted, others are let go. A server that never had a host has none. */
  async releasePorts(run: Teardown, server: Server): Promise<void> {
    const { network, interfaces } = this.outside;
    if (server.host === null && (await interfaces.list(run.db, server.id)).length === 0) return;
    await network.releasePorts({ serverId: server.id, portIds: null }, { signal: run.signal, idempotencyKey: run.idempotencyKey('ports') });
    await run.transaction((tx) => interfaces.forget(tx, server.id, undefined));
  }

  /** Nobody reaches the server's volumes any more, and those that go with it begin to go; false while block storage is at it. */
  releaseVolumes(run: Teardown, server: Server): Promise<boolean> {
    return this.outside.volumes.release(run, server.id);
  }

  /** Writes down what is still owed, and gives back what is not needed for that; part of the transaction that ends the operation. */
  async settle(tx: Tx, server: Server, leftovers: readonly Leftover[]): Promise<void> {
    await this.debts.record(tx, server.id, leftovers);
    if (!leftovers.some(({ resourceType }) => resourceType === 'guest')) await this.placement.release(tx, server.id);
    await this.guests.forget(tx, server.id);
  }
}

function isUnreachable(error: unknown): true {
  if (error instanceof Unavailable) return true;
  throw error;
}
