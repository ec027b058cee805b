import { Inject, Injectable } from '@nestjs/common';
import type { Static } from '@virga/contract';
import {
  createPortAttributeRules, getPortAttributeRules, networksPolicy, portsPolicy, updatePortAttributeRules, type PortCreate, type PortUpdate,
} from '@virga/contracts-network';
import { CLOCK, raise, type Caller, type Clock } from '@virga/kernel';
import { Database, json, onUnique, type SqlValue, type Tx } from '@virga/persistence';
import type { LogicalRef } from '@virga/ports';
import { Quotas } from '@virga/quota';
import { Access, requireRevision } from '../access/index.js';
import type { ListRequest } from '../listing/index.js';
import { MetadataPorts } from '../metadata-ports/index.js';
import { NetworkNotFound, NetworksRepository, networkTarget, type Network } from '../networks/index.js';
import { NicEvents } from '../nic-events/index.js';
import { Realizer, RealizationRepository, units } from '../realization/index.js';
import { changeRow, countByOwner, given, lockRow } from '../resources/index.js';
import { AddressAssignment } from './address-assignment.js';
import { PortCreation, type PortPlan } from './port-creation.js';
import { PortDeletion } from './port-deletion.js';
import { newPort, portChanges } from './port-request.js';
import { MacAddressInUse, PortBound, PortNotFound, ServicePortInUse, isNetworkDevice, isRouterPort, type Port } from './port.js';
import { PortsRepository } from './ports.repository.js';

type CreateBody = Static<typeof PortCreate>;
type UpdateBody = Static<typeof PortUpdate>;

/** What policy needs to know of a port. */
const portTarget = (port: Port, deviceOwner = port.device_owner) => ({
  project_id: port.project_id, tenant_id: port.project_id, 'network:project_id': port.network_project_id, shared: port.is_shared,
  is_network_device: isNetworkDevice(deviceOwner),
});

/** The parts that change ports. */
@Injectable()
export class PortParts {
  constructor(
    @Inject(Database) readonly db: Database, readonly quotas: Quotas, readonly realizations: RealizationRepository, readonly realizer: Realizer,
    readonly events: NicEvents, @Inject(CLOCK) readonly clock: Clock,
  ) {}
}

/** What is done to ports in a transaction. */
@Injectable()
export class PortWork {
  constructor(
    readonly creation: PortCreation, readonly deletion: PortDeletion, readonly addresses: AddressAssignment, readonly metadata: MetadataPorts,
  ) {}
}

@Injectable()
export class PortsService {
  constructor(
    private readonly parts: PortParts, private readonly work: PortWork, private readonly ports: PortsRepository, private readonly networks: NetworksRepository,
    private readonly access: Access,
  ) {}

  async create(caller: Caller, bodies: readonly CreateBody[]): Promise<Port[]> {
    const { db, quotas, realizer, clock } = this.parts;
    const known = new Map((await this.networks.findAll([...new Set(bodies.map((body) => body.network_id))])).map((network) => [network.id, network]));
    const plans = bodies.map((body): PortPlan => {
      const network = known.get(body.network_id) ?? raise(new NetworkNotFound(body.network_id));
      const owner = this.access.ownerOf(caller, body);
      const seesAllGroups = this.requireCreate(caller, body, network, owner);
      const groups = body.security_groups;
      return {
        port: newPort(body, owner, network, clock.now()), fixedIps: body.fixed_ips ?? undefined,
        securityGroupIds: groups === undefined ? undefined : groups ?? [], groupsOf: seesAllGroups ? undefined : owner,
      };
    });
    const told = await db.transaction(async (tx) => {
      for (const [project, count] of countByOwner(plans.map(({ port }) => port.project_id))) await quotas.charge(tx, { project }, { port: count });
      return this.work.creation.create(tx, plans);
    });
    await realizer.settleNow(told);
    return this.ports.findAll(plans.map(({ port }) => port.id));
  }

  list(caller: Caller, request: ListRequest): Promise<Port[]> {
    return this.ports.list(request, this.access.scope(caller, portsPolicy.get));
  }

  async show(caller: Caller, id: string): Promise<Port> {
    const port = await this.get(id);
    this.access.require(caller, { see: portsPolicy.get }, portTarget(port), () => new PortNotFound(id));
    return port;
  }

  async update(caller: Caller, id: string, body: UpdateBody, revision: number | undefined): Promise<Port> {
    const before = await this.get(id);
    this.access.require(caller, { see: portsPolicy.get, act: portsPolicy.update }, portTarget(before), () => new PortNotFound(id));
    this.access.requireAttributes(caller, updatePortAttributeRules, body, portTarget(before, body.device_owner));
    const groupsOf = this.access.scope(caller, portsPolicy.update).all ? undefined : before.project_id;
    const told = await this.parts.db.transaction(async (tx) => {
      await lockRow(tx, 'port', id);
      const port = await this.ports.find(tx, id) ?? raise(new PortNotFound(id));
      requireRevision(revision, port);
      return this.change(tx, port, body, groupsOf);
    });
    await this.parts.realizer.settleNow(told);
    return this.get(id);
  }

  async delete(caller: Caller, id: string, revision: number | undefined): Promise<void> {
    const before = await this.get(id);
    this.access.require(caller, { see: portsPolicy.get, act: portsPolicy.delete }, portTarget(before), () => new PortNotFound(id));
    const told = await this.parts.db.transaction(async (tx) => {
      await lockRow(tx, 'network', before.network_id);
      const port = await lockRow<Port>(tx, 'port', id) ?? raise(new PortNotFound(id));
      requireRevision(revision, port);
      if (await this.ports.isPartOfRouter(tx, id)) throw new ServicePortInUse(id, port.device_owner);
      const changed = await this.work.deletion.remove(tx, [id]);
      // A network's metadata port is not anybody's to remove: it comes back, with another address perhaps.
      return port.device_owner === 'network:distributed' ? [...changed, ...await this.work.metadata.follow(tx, port.network_id)] : changed;
    });
    await this.parts.realizer.settleNow(told);
  }

  /** The attributes that the caller may not see. */
  hidden(caller: Caller): ReadonlySet<string> {
    return this.access.hidden(caller, getPortAttributeRules);
  }

  /** Whether the caller may name anybody's security groups. */
  private requireCreate(caller: Caller, body: CreateBody, network: Network, owner: string): boolean {
    const target = { ...networkTarget(network), project_id: owner, tenant_id: owner, is_network_device: isNetworkDevice(body.device_owner ?? '') };
    this.access.require(caller, { see: networksPolicy.get }, networkTarget(network), () => new NetworkNotFound(network.id));
    this.access.requireAct(caller, portsPolicy.create, target);
    this.access.requireAttributes(caller, createPortAttributeRules, body, target);
    return this.access.scope(caller, portsPolicy.create).all;
  }

  private async change(tx: Tx, port: Port, body: UpdateBody, groupsOf: string | undefined): Promise<LogicalRef[]> {
    const { realizations, events, clock } = this.parts;
    const changes = portChanges(port, body);
    const mac = changes.mac_address ?? port.mac_address;
    if (mac !== port.mac_address && port.host_id !== '') throw new PortBound(port.id);
    await changeRow(tx, 'port', port.id, columnsOf(changes), new Date(clock.now())).catch(onUnique('port_mac_once', () => new MacAddressInUse(mac, port.network_id)));
    await this.changeGroups(tx, port, body, groupsOf);
    const left = await this.changeAddresses(tx, port, body, mac);
    const routers = [...new Set([...left, ...await this.ports.routersOf(tx, port.id)])];
    const isGuest = !isRouterPort(changes.device_owner ?? port.device_owner);
    const told = [...(isGuest ? units('port', [port.id]) : []), ...units('router', routers)];
    await realizations.changed(tx, told);
    if (hasLeftServer(port, changes)) await events.lost(tx, [port]);
    await events.tell(tx, [port.id]);
    return told;
  }

  private async changeGroups(tx: Tx, port: Port, body: UpdateBody, groupsOf: string | undefined): Promise<void> {
    if (body.security_groups === undefined) return;
    const ids = [...new Set(body.security_groups ?? [])];
    const added = ids.filter((id) => !port.security_groups.includes(id));
    await this.work.creation.requireGroups(tx, added, groupsOf);
    await this.ports.setSecurityGroups(tx, port.id, ids);
  }

  /** Answers the routers that led floating IPs to addresses which the port has lost. */
  private async changeAddresses(tx: Tx, port: Port, body: UpdateBody, mac: string): Promise<string[]> {
    if (body.fixed_ips === undefined) return [];
    const lost = await this.work.addresses.reassign(tx, { ...port, mac_address: mac }, port.fixed_ips, body.fixed_ips ?? []);
    return lost.length === 0 ? [] : this.work.deletion.disassociate(tx, [port.id], lost);
  }

  private async get(id: string): Promise<Port> {
    return await this.ports.find(this.parts.db, id) ?? raise(new PortNotFound(id));
  }
}

function columnsOf({ allowed_address_pairs: pairs, extra_dhcp_opts: options, binding_profile: profile, ...plain }: ReturnType<typeof portChanges>): Record<string, SqlValue> {
  return given({ ...plain, allowed_address_pairs: pairs && json(pairs), extra_dhcp_opts: options && json(options), binding_profile: profile && json(profile) });
}

function hasLeftServer(port: Port, { device_id: id = port.device_id, device_owner: owner = port.device_owner }: ReturnType<typeof portChanges>): boolean {
  return id !== port.device_id || owner !== port.device_owner;
}
