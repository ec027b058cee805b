import { Injectable } from '@nestjs/common';
import { attachServerInterface, detachServerInterface, listServerInterfaces, showServerInterface } from '@virga/contracts-compute';
import type { PolicyRule } from '@virga/contract';
import type { WantedNic } from '@virga/contracts-network';
import { Conflict, Invalid, isUuid, newId, NotFound, raise, type Caller } from '@virga/kernel';
import { Operations } from '@virga/operations';
import { Database } from '@virga/persistence';
import { InterfacesRepository, type Interface } from '../interfaces/index.js';
import { NetworkCalls } from '../network/index.js';
import { AttachInterface } from './operations/attach-interface.operation.js';
import { DetachInterface } from './operations/detach-interface.operation.js';
import { ServerAccess } from './server-access.js';
import type { Server, ServerState } from './server.js';
import { requireState } from './server-state-conflict.js';
import { ServersRepository } from './servers.repository.js';

/** What a user wants to attach. */
export interface InterfaceWish {
  networkId: string | null;
  portId: string | null;
  fixedIp: string | null;
  tag: string | null;
}

class InterfaceUnknown extends NotFound {
  constructor(server: string, port: string) {
    super('compute.server.interface-unknown', `Instance ${server} has no port ${port.slice(0, 64)}`);
  }
}

/** States in which interfaces come and go. */
const ATTACHABLE: readonly ServerState[] = ['active', 'paused', 'stopped'];

/** The ports of servers. */
@Injectable()
export class ServerInterfaces {
  constructor(
    private readonly db: Database,
    private readonly servers: ServersRepository,
    private readonly interfaces: InterfacesRepository,
    private readonly access: ServerAccess,
    private readonly network: NetworkCalls,
    private readonly operations: Operations,
  ) {}

  async list(caller: Caller, id: string): Promise<Interface[]> {
    return this.interfaces.list(this.db, (await this.access.require(caller, listServerInterfaces.policy, id)).id);
  }

  async get(caller: Caller, id: string, portId: string): Promise<Interface> {
    return this.require(await this.access.require(caller, showServerInterface.policy, id), portId);
  }

  /**
   * Network makes the port before the guest gets it: whoever asks is told its address. If this process dies in between, network
   * knows a port of the server that its guest does not have, and the reconciler plugs it.
   */
  async attach(caller: Caller, id: string, wish: InterfaceWish, signal: AbortSignal): Promise<Interface> {
    requireSound(wish);
    const server = await this.requireAttachable(caller, attachServerInterface.policy, id, 'attach_interface');
    const made = await this.makePort(caller, server, wish, signal);
    await this.db.transaction(async (tx) => {
      const now = await this.servers.lock(tx, server.id);
      requireState(now, 'attach_interface', ATTACHABLE);
      const raised = await this.servers.become(tx, now, now.state, { raisesGeneration: true });
      await this.operations.start(tx, AttachInterface, { serverId: server.id, generation: raised.generation, portId: made.portId }, { on: server, by: caller });
    });
    return made;
  }

  async detach(caller: Caller, id: string, portId: string): Promise<void> {
    const server = await this.requireAttachable(caller, detachServerInterface.policy, id, 'detach_interface');
    await this.require(server, portId);
    await this.db.transaction(async (tx) => {
      const now = await this.servers.lock(tx, server.id);
      requireState(now, 'detach_interface', ATTACHABLE);
      const raised = await this.servers.become(tx, now, now.state, { raisesGeneration: true });
      await this.operations.start(tx, DetachInterface, { serverId: server.id, generation: raised.generation, portId }, { on: server, by: caller });
    });
  }

  private async requireAttachable(caller: Caller, rule: PolicyRule, id: string, action: string): Promise<Server> {
    const server = await this.access.require(caller, rule, id);
    this.access.requireUnlocked(caller, server);
    requireState(server, action, ATTACHABLE);
    if (server.host === null) throw new Conflict('compute.server.not-ready', `Instance ${server.id} is not ready`);
    return server;
  }

  private async makePort(caller: Caller, server: Server, wish: InterfaceWish, signal: AbortSignal): Promise<Interface> {
    const asked = wish.networkId === null && wish.portId === null ? 'auto' as const : [wish];
    const { nics, securityGroupIds } = await this.network.resolve({
      projectId: server.projectId, isAdmin: caller.roles.has('admin'), networks: asked, securityGroups: [], serverCount: 1,
    }, { signal }).catch(badReference);
    const [wanted] = nics;
    if (wanted === undefined) throw new Invalid('compute.server.interface-request', 'No network is available for the interface.');
    return this.ensurePort(server, wanted, wish.tag, securityGroupIds, signal);
  }

  private async ensurePort(server: Server, wanted: WantedNic, tag: string | null, securityGroupIds: string[], signal: AbortSignal): Promise<Interface> {
    const index = await this.db.transaction((tx) => this.servers.takeNicIndex(tx, server.id));
    const made = await this.network.ensurePorts({
      serverId: server.id, projectId: server.projectId, userId: server.userId, hostname: server.hostname, availabilityZone: server.requestedZone ?? '',
      host: server.host ?? '', nics: [{ ...wanted, index, tag }], securityGroupIds,
    }, { signal, idempotencyKey: newId() });
    await this.db.transaction((tx) => this.interfaces.record(tx, made, [tag]));
    const [nic] = made;
    return { ...(nic ?? raise(new Invalid('compute.server.interface-request', 'Network made no port.'))), tag };
  }

  private async require(server: Server, portId: string): Promise<Interface> {
    const nics = isUuid(portId) ? await this.interfaces.list(this.db, server.id) : [];
    return nics.find((nic) => nic.portId === portId.toLowerCase()) ?? raise(new InterfaceUnknown(server.id, portId));
  }
}

function requireSound(wish: InterfaceWish): void {
  const fail = (message: string): never => raise(new Invalid('compute.server.interface-request', message));
  if (wish.networkId !== null && wish.portId !== null) fail('Must not input both network_id and port_id');
  if (wish.fixedIp !== null && wish.networkId === null) fail('Must input network_id when request IP address');
}

function badReference(error: unknown): never {
  if (error instanceof NotFound) throw new Invalid('compute.server.interface-request', error.message, { cause: error });
  throw error;
}
