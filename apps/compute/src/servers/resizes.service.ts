import { Injectable } from '@nestjs/common';
import { confirmServerResize, resizeServer, revertServerResize } from '@virga/contracts-compute';
import { Conflict, Invalid, raise, type Caller } from '@virga/kernel';
import { Operations } from '@virga/operations';
import { Database } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import type { Flavor } from '../flavors/index.js';
import { roomFor } from './guest-spec.js';
import { ReshapeSteps } from './operations/reshape-steps.js';
import { ResizeServer, RevertResize } from './operations/resize-server.operations.js';
import { ServerAccess } from './server-access.js';
import { referenceId } from './server-input.js';
import { taskStarts, type Server } from './server.js';
import { requireState } from './server-state-conflict.js';
import { ServersRepository } from './servers.repository.js';
import { NamedThings } from './wish-check.js';

class ResizeInvalid extends Invalid {}

/** What changing flavors needs besides the server. */
@Injectable()
export class ResizeParts {
  constructor(readonly things: NamedThings, readonly quotas: Quotas, readonly operations: Operations, readonly reshape: ReshapeSteps) {}
}

/** Gives servers other flavors. */
@Injectable()
export class Resizes {
  constructor(
    private readonly db: Database,
    private readonly servers: ServersRepository,
    private readonly access: ServerAccess,
    private readonly parts: ResizeParts,
  ) {}

  async resize(caller: Caller, id: string, flavorRef: string | number): Promise<void> {
    const found = await this.access.require(caller, resizeServer.policy, id);
    this.access.requireUnlocked(caller, found);
    const flavor = await this.flavor(caller, referenceId(flavorRef));
    await this.db.transaction(async (tx) => {
      const server = await this.servers.lock(tx, found.id);
      requireResizable(server, flavor);
      const counts = { vcpus: Math.max(flavor.vcpus, server.flavor.vcpus), memoryMebibytes: Math.max(flavor.memoryMebibytes, server.flavor.memoryMebibytes) };
      const more = { cores: counts.vcpus - server.flavor.vcpus, ram: counts.memoryMebibytes - server.flavor.memoryMebibytes };
      await this.parts.quotas.charge(tx, { project: server.projectId }, more);
      const begun = await this.servers.become(tx, server, server.state, { task: 'resize_prep', counts, raisesGeneration: true });
      const params = { serverId: server.id, generation: begun.generation, flavor, former: server.flavor, wasStopped: server.state === 'stopped' };
      await this.parts.operations.start(tx, ResizeServer, params, { on: server, by: caller });
    });
  }

  /** The new flavor stays, and what was kept of the former one is given back. */
  async confirm(caller: Caller, id: string): Promise<void> {
    const found = await this.access.require(caller, confirmServerResize.policy, id);
    this.access.requireUnlocked(caller, found);
    await this.db.transaction(async (tx) => {
      const server = await this.servers.lock(tx, found.id);
      const { wasStopped } = requireResized(server, 'confirmResize');
      await this.parts.reshape.claim(tx, server, roomFor(server, server.flavor));
      await this.servers.become(tx, server, wasStopped ? 'stopped' : 'active', { counts: server.flavor, resize: null });
    });
  }

  async revert(caller: Caller, id: string): Promise<void> {
    const found = await this.access.require(caller, revertServerResize.policy, id);
    this.access.requireUnlocked(caller, found);
    await this.db.transaction(async (tx) => {
      const server = await this.servers.lock(tx, found.id);
      const { flavor, wasStopped } = requireResized(server, 'revertResize');
      const begun = await this.servers.become(tx, server, server.state, { task: 'resize_reverting', raisesGeneration: true });
      const params = { serverId: server.id, generation: begun.generation, flavor, former: server.flavor, wasStopped };
      await this.parts.operations.start(tx, RevertResize, params, { on: server, by: caller });
    });
  }

  private async flavor(caller: Caller, id: string): Promise<Flavor> {
    const flavor = await this.parts.things.flavors.findUsable(this.db, id, { project: caller.projectId, isAdmin: caller.roles.has('admin') });
    return flavor === undefined || flavor.isDisabled ? raise(new ResizeInvalid('compute.flavor.unknown', `Flavor ${id} could not be found.`)) : flavor;
  }
}

function requireResizable(server: Server, flavor: Flavor): void {
  requireState(server, 'resize', taskStarts.resize_prep);
  if (server.host === null) throw new Conflict('compute.server.not-ready', `Instance ${server.id} is not ready`);
  if (flavor.id === server.flavor.id) throw new ResizeInvalid('compute.server.same-flavor', 'When resizing, instances must change flavor!');
  // The root disk of a server that boots from a volume is none of its flavor's.
  const disks = ({ rootGibibytes, ephemeralGibibytes, swapMebibytes }: Flavor): string =>
    [server.isVolumeBacked ? 0 : rootGibibytes, ephemeralGibibytes, swapMebibytes].join();
  if (disks(flavor) !== disks(server.flavor)) {
    throw new ResizeInvalid('compute.server.disk-resize', 'Resize is possible between flavors whose disks are of the same size: this cloud\'s hosts do not change the size of a server\'s disks.');
  }
}

function requireResized(server: Server, action: string): NonNullable<Server['resize']> {
  requireState(server, action, ['resized']);
  return server.resize ?? raise(new Conflict('compute.server.not-resized', `Instance ${server.id} has not been resized.`));
}
