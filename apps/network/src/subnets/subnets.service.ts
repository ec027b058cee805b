import { Inject, Injectable } from '@nestjs/common';
import { isTrue, type Static } from '@virga/contract';
import { networksPolicy, subnetsPolicy, type SubnetCreate, type SubnetUpdate } from '@virga/contracts-network';
import { CLOCK, raise, type Caller, type Clock } from '@virga/kernel';
import { Database, json, type SqlValue, type Tx } from '@virga/persistence';
import type { LogicalRef } from '@virga/ports';
import { Quotas } from '@virga/quota';
import { Access, requireRevision } from '../access/index.js';
import { formatIp, parseCidr, parseIp, type Cidr, type IpRange } from '../addresses/index.js';
import { InvalidInput, type ListRequest } from '../listing/index.js';
import { MetadataPorts } from '../metadata-ports/index.js';
import { NetworkNotFound, NetworksRepository, networkTarget } from '../networks/index.js';
import { NicEvents } from '../nic-events/index.js';
import { Realizer, RealizationRepository, units } from '../realization/index.js';
import { changeRow, countByOwner, given, lockRow, touchRows } from '../resources/index.js';
import { gatewayOf, hostRoutesOf, nameserversOf, poolsOf, requireGatewayOutside } from './addressing.js';
import { SubnetCreation } from './subnet-creation.js';
import type { SubnetRow } from './subnet.row.js';
import { GatewayIpInUse, SubnetNotFound, type Subnet } from './subnet.js';
import { SubnetsRepository } from './subnets.repository.js';

type CreateBody = Static<typeof SubnetCreate>;
type UpdateBody = Static<typeof SubnetUpdate>;

/** What policy needs to know of a subnet. */
const subnetTarget = (subnet: Subnet) => ({
  project_id: subnet.project_id, tenant_id: subnet.project_id, 'network:project_id': subnet.network_project_id,
  shared: subnet.is_shared, 'router:external': subnet.is_external,
});

/** The parts that change subnets. */
@Injectable()
export class SubnetParts {
  constructor(
    @Inject(Database) readonly db: Database, readonly quotas: Quotas, readonly realizations: RealizationRepository, readonly realizer: Realizer,
    readonly events: NicEvents, @Inject(CLOCK) readonly clock: Clock,
  ) {}
}

@Injectable()
export class SubnetsService {
  constructor(
    private readonly parts: SubnetParts, private readonly subnets: SubnetsRepository, private readonly networks: NetworksRepository,
    private readonly creation: SubnetCreation, private readonly metadata: MetadataPorts, private readonly access: Access,
  ) {}

  async create(caller: Caller, bodies: readonly CreateBody[]): Promise<Subnet[]> {
    const { db, quotas, realizations, realizer } = this.parts;
    for (const body of bodies) await this.requireCreate(caller, body);
    const { ids, told } = await db.transaction(async (tx) => {
      const fresh: SubnetRow[] = [];
      const networkIds = [...new Set(bodies.map((body) => body.network_id))].sort();
      for (const [project, count] of countByOwner(bodies.map((body) => this.access.ownerOf(caller, body)))) await quotas.charge(tx, { project }, { subnet: count });
      for (const id of networkIds) await lockRow(tx, 'network', id) ?? raise(new NetworkNotFound(id));
      for (const body of bodies) fresh.push((await this.creation.create(tx, body, this.access.ownerOf(caller, body))).row);
      const freshIds = fresh.map((row) => row.id);
      const changed = [...units('subnet', freshIds), ...await this.addressed(tx, fresh)];
      await realizations.changed(tx, changed);
      for (const id of networkIds) changed.push(...await this.metadata.follow(tx, id));
      return { ids: freshIds, told: changed };
    });
    await realizer.settleNow(told);
    return this.subnets.findAll(ids);
  }

  list(caller: Caller, request: ListRequest): Promise<Subnet[]> {
    return this.subnets.list(request, this.access.scope(caller, subnetsPolicy.get));
  }

  async show(caller: Caller, id: string): Promise<Subnet> {
    const subnet = await this.get(id);
    this.access.require(caller, { see: subnetsPolicy.get }, subnetTarget(subnet), () => new SubnetNotFound(id));
    return subnet;
  }

  async update(caller: Caller, id: string, body: UpdateBody, revision: number | undefined): Promise<Subnet> {
    const before = await this.get(id);
    this.access.require(caller, { see: subnetsPolicy.get, act: subnetsPolicy.update }, subnetTarget(before), () => new SubnetNotFound(id));
    const { db, realizations, realizer, events, clock } = this.parts;
    const told = await db.transaction(async (tx) => {
      await lockRow(tx, 'network', before.network_id);
      await lockRow(tx, 'subnet', id);
      const subnet = await this.subnets.find(tx, id) ?? raise(new SubnetNotFound(id));
      requireRevision(revision, subnet);
      await changeRow(tx, 'subnet', id, await this.changes(tx, subnet, body), new Date(clock.now()));
      const { routers, serverPorts } = await this.subnets.dependents(tx, id);
      const changed = [...units('subnet', [id]), ...units('router', routers)];
      await realizations.changed(tx, changed);
      await events.changed(tx, serverPorts);
      return [...changed, ...await this.metadata.follow(tx, subnet.network_id)];
    });
    await realizer.settleNow(told);
    return this.get(id);
  }

  async delete(caller: Caller, id: string, revision: number | undefined): Promise<void> {
    const before = await this.get(id);
    this.access.require(caller, { see: subnetsPolicy.get, act: subnetsPolicy.delete }, subnetTarget(before), () => new SubnetNotFound(id));
    const { db, realizations, realizer, events } = this.parts;
    const told = await db.transaction(async (tx) => {
      await lockRow(tx, 'network', before.network_id);
      const subnet = await this.subnets.find(tx, id) ?? raise(new SubnetNotFound(id));
      requireRevision(revision, subnet);
      const ports = await this.subnets.delete(tx, subnet);
      const gonePorts = await tx.sql<{ id: string }>`
        DELETE FROM port WHERE id = ANY(${ports}) AND device_owner = 'network:distributed' AND NOT EXISTS (SELECT FROM ip_allocation WHERE port_id = port.id) RETURNING id`;
      const gone = [...units('subnet', [id]), ...units('port', gonePorts.map((port) => port.id))];
      const changed = units('port', ports.filter((port) => !gonePorts.some((other) => other.id === port)));
      await realizations.gone(tx, gone);
      await realizations.changed(tx, changed);
      await events.changed(tx, changed.map((port) => port.id));
      return [...gone, ...changed];
    });
    await realizer.settleNow(told);
  }

  /** Guests take addresses in new SLAAC subnets without being asked: their ports have them at once. */
  private async addressed(tx: Tx, fresh: readonly SubnetRow[]): Promise<LogicalRef[]> {
    const ports = new Set<string>();
    for (const row of fresh.filter(({ ipv6_address_mode: mode }) => mode === 'slaac' || mode === 'dhcpv6-stateless')) {
      for (const id of await this.subnets.addAutomaticAddresses(tx, row)) ports.add(id);
    }
    await touchRows(tx, 'port', [...ports], new Date(this.parts.clock.now()));
    await this.parts.events.changed(tx, [...ports]);
    return units('port', [...ports]);
  }

  private async requireCreate(caller: Caller, body: CreateBody): Promise<void> {
    const network = await this.networks.find(this.parts.db, body.network_id) ?? raise(new NetworkNotFound(body.network_id));
    const target = { ...networkTarget(network), project_id: this.access.ownerOf(caller, body) };
    this.access.require(caller, { see: networksPolicy.get }, networkTarget(network), () => new NetworkNotFound(network.id));
    this.access.requireAct(caller, subnetsPolicy.create, target);
  }

  private async changes(tx: Tx, subnet: Subnet, body: UpdateBody): Promise<Record<string, SqlValue>> {
    const cidr = parseCidr(subnet.cidr) as Cidr;
    const isDhcpEnabled = isTrue(body.enable_dhcp);
    if (isDhcpEnabled === false && (subnet.ipv6_ra_mode ?? subnet.ipv6_address_mode) !== null) {
      throw new InvalidInput('Invalid input for operation: Cannot disable enable_dhcp with ipv6 attributes set.');
    }
    const gateway = await this.changedGateway(tx, subnet, body, cidr);
    return given({
      name: body.name, description: body.description, enable_dhcp: isDhcpEnabled, gateway_ip: gateway,
      dns_nameservers: body.dns_nameservers === undefined ? undefined : nameserversOf(body.dns_nameservers),
      host_routes: body.host_routes === undefined ? undefined : json(hostRoutesOf(body.host_routes, cidr.version)),
    });
  }

  /** Pools and gateway are decided together: neither may contain the other. */
  private async changedGateway(tx: Tx, subnet: Subnet, body: UpdateBody, cidr: Cidr): Promise<string | null | undefined> {
    const present = subnet.gateway_ip === null ? undefined : parseIp(subnet.gateway_ip);
    const gateway = body.gateway_ip === undefined ? present : gatewayOf(body.gateway_ip, cidr);
    if (body.allocation_pools === undefined) requireGatewayOutside(subnet.allocation_pools.map(poolRange), gateway);
    else await this.subnets.replacePools(tx, subnet.id, poolsOf(body.allocation_pools, cidr, gateway));
    const text = gateway === undefined ? null : formatIp(gateway);
    if (body.gateway_ip === undefined || text === subnet.gateway_ip) return undefined;
    const holder = subnet.gateway_ip === null ? undefined : await this.subnets.holderOf(tx, subnet.id, subnet.gateway_ip);
    if (holder !== undefined) throw new GatewayIpInUse(subnet.gateway_ip ?? '', holder);
    return text;
  }

  private async get(id: string): Promise<Subnet> {
    return await this.subnets.find(this.parts.db, id) ?? raise(new SubnetNotFound(id));
  }
}

function poolRange({ start, end }: { start: string; end: string }): IpRange {
  const [first, last] = [parseIp(start), parseIp(end)];
  return { version: first?.version ?? 4, first: first?.value ?? 0n, last: last?.value ?? 0n };
}
