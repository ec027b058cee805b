import { Inject, Injectable } from '@nestjs/common';
import type { CallReply, CallRequest } from '@virga/contract';
import type { ServerNic, WantedNic, describePorts, ensurePorts, listServerPorts, releasePorts } from '@virga/contracts-network';
import { CLOCK, raise, type Clock } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import type { LogicalRef } from '@virga/ports';
import { Quotas } from '@virga/quota';
import { newMac } from '../addresses/index.js';
import { NetworkNotFound } from '../networks/index.js';
import { NicEvents, NicFactsRepository } from '../nic-events/index.js';
import { PortCreation, PortDeletion, PortNotFound, type PortPlan } from '../ports/index.js';
import { Realizer, RealizationRepository, units } from '../realization/index.js';
import { newStandard } from '../resources/index.js';
import { NothingWanted, PortInUse } from './faults.js';
import { ServerPortsRepository, type CandidateNetwork, type ServerPort } from './server-ports.repository.js';

type EnsureRequest = CallRequest<typeof ensurePorts>;

/** The parts that change servers' ports. */
@Injectable()
export class ServerPortParts {
  constructor(
    @Inject(Database) readonly db: Database, readonly quotas: Quotas, readonly realizations: RealizationRepository, readonly realizer: Realizer,
    readonly events: NicEvents, @Inject(CLOCK) readonly clock: Clock,
  ) {}
}

/**
 * The ports of servers, as compute's operations want them.
 *
 * Theory of operation. `ensure` looks at what the server has and adds what is missing: an interface is known by (server, index), which
 * the database keeps unique, so the same call twice, at once or after a crash, makes the same ports. It answers only when the
 * backend has committed; until then compute asks again. `release` is the reverse and as repeatable; what a user made before the
 * server stays, and is only let go. Calls for one server take turns.
 */
@Injectable()
export class ServerPortsService {
  constructor(
    private readonly parts: ServerPortParts, private readonly ports: ServerPortsRepository, private readonly facts: NicFactsRepository,
    private readonly creation: PortCreation, private readonly deletion: PortDeletion,
  ) {}

  async ensure(request: EnsureRequest, signal: AbortSignal): Promise<CallReply<typeof ensurePorts>> {
    const { db, realizer } = this.parts;
    const networks = new Map((await this.ports.networks(request.nics.flatMap(({ networkId }) => networkId ?? []))).map((network) => [network.id, network]));
    const portIds = await db.transaction((tx) => this.make(tx, request, networks));
    await realizer.realize(units('port', portIds), signal);
    const nics = await this.facts.ofPorts(db, portIds);
    return { nics: inOrder(portIds, nics) };
  }

  async release(request: CallRequest<typeof releasePorts>): Promise<CallReply<typeof releasePorts>> {
    const { db, realizations, realizer, events, clock } = this.parts;
    const { released, told } = await db.transaction(async (tx) => {
      await this.ports.lockServer(tx, request.serverId);
      const all = await this.ports.lockPorts(tx, request.serverId, []);
      const meant = all.filter((port) => request.portIds === null || request.portIds.includes(port.id));
      const kept = meant.filter((port) => port.nic_index === null);
      const changed: LogicalRef[] = await this.deletion.remove(tx, meant.filter((port) => port.nic_index !== null).map(({ id }) => id));
      await this.ports.unbind(tx, kept.map(({ id }) => id), new Date(clock.now()));
      await realizations.changed(tx, units('port', kept.map(({ id }) => id)));
      await events.lost(tx, kept);
      return { released: meant.map(({ id }) => id), told: [...changed, ...units('port', kept.map(({ id }) => id))] };
    });
    await realizer.settleNow(told);
    return { released };
  }

  async describe(request: CallRequest<typeof describePorts>): Promise<CallReply<typeof describePorts>> {
    return { nics: await this.facts.ofServers(this.parts.db, request.serverIds) };
  }

  async list(request: CallRequest<typeof listServerPorts>): Promise<CallReply<typeof listServerPorts>> {
    return { serverIds: await this.ports.serversWithPorts(this.parts.db, request.afterServerId, request.limit) };
  }

  /** Answers the ids of the server's ports, in the order of the interfaces. */
  private async make(tx: Tx, request: EnsureRequest, networks: ReadonlyMap<string, CandidateNetwork>): Promise<string[]> {
    const { quotas, realizations, clock } = this.parts;
    await this.ports.lockServer(tx, request.serverId);
    const asked = request.nics.flatMap(({ portId }) => portId ?? []);
    const locked = await this.ports.lockPorts(tx, request.serverId, asked);
    const present = request.nics.map((nic) => presentPort(request, nic, locked));
    const plans = request.nics.map((nic, at) => (present[at] === undefined ? this.plan(request, nic, networks) : undefined));
    const missing = plans.filter((plan) => plan !== undefined);
    if (missing.length > 0) await this.creation.create(tx, missing, () => quotas.charge(tx, { project: request.projectId }, { port: missing.length }));
    const owner = `compute:${request.availabilityZone}`;
    const unbound = present.filter((port) => port !== undefined).filter((port) => port.device_id !== request.serverId || port.host_id !== request.host || port.device_owner !== owner);
    await this.ports.bind(tx, unbound.map(({ id }) => id), { serverId: request.serverId, owner, host: request.host }, new Date(clock.now()));
    await realizations.changed(tx, units('port', unbound.map(({ id }) => id)));
    return request.nics.map((_, at) => present[at]?.id ?? plans[at]?.port.id ?? '');
  }

  private plan(request: EnsureRequest, nic: WantedNic, networks: ReadonlyMap<string, CandidateNetwork>): PortPlan {
    if (nic.networkId === null) throw new NothingWanted(nic.index);
    const network = networks.get(nic.networkId) ?? raise(new NetworkNotFound(nic.networkId));
    return {
      port: {
        ...newStandard(request.projectId, undefined, this.parts.clock.now()), network_id: network.id, name: '', mac_address: newMac(), admin_state_up: true,
        status: 'DOWN', device_id: request.serverId, device_owner: `compute:${request.availabilityZone}`, port_security_enabled: network.port_security_enabled,
        allowed_address_pairs: [], extra_dhcp_opts: [], dns_name: dnsLabel(request.hostname), vnic_type: 'normal', host_id: request.host, binding_profile: {},
        nic_index: nic.index,
      },
      fixedIps: nic.fixedIp === null ? undefined : [{ ip_address: nic.fixedIp }],
      securityGroupIds: request.securityGroupIds.length === 0 ? undefined : request.securityGroupIds, groupsOf: request.projectId,
    };
  }
}

/** The port that an interface has already; undefined where one is to be made. Throws for a port that is not there or another's. */
function presentPort(request: EnsureRequest, nic: WantedNic, locked: readonly ServerPort[]): ServerPort | undefined {
  if (nic.portId === null) return locked.find((port) => port.device_id === request.serverId && port.nic_index === nic.index);
  const port = locked.find(({ id }) => id === nic.portId) ?? raise(new PortNotFound(nic.portId));
  if (port.device_id !== '' && port.device_id !== request.serverId) throw new PortInUse(port.id);
  return port;
}

/** A server's name as a label that DNS allows; empty where nothing of it is. */
function dnsLabel(hostname: string): string {
  return hostname.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 63).replace(/-+$/, '');
}

function inOrder(portIds: readonly string[], nics: readonly ServerNic[]): ServerNic[] {
  return portIds.flatMap((id) => nics.find((nic) => nic.portId === id) ?? []);
}
