import { Injectable } from '@nestjs/common';
import { portsPolicy, routersPolicy, subnetsPolicy } from '@virga/contracts-network';
import { raise, type Caller } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import type { LogicalRef } from '@virga/ports';
import { Access } from '../access/index.js';
import { contains, overlap, parseCidr, parseIp, rangeOf, type Cidr, type Ip } from '../addresses/index.js';
import { PortNotFound, PortsRepository, type Port } from '../ports/index.js';
import { units } from '../realization/index.js';
import { lockRow, touchRows } from '../resources/index.js';
import { SubnetNotFound, SubnetsRepository, type Subnet } from '../subnets/index.js';
import { RouterPorts } from './router-gateway.js';
import {
  BadRequest, PortInUse, RouterInterfaceInUseByFloatingIP, RouterInterfaceInUseByRoute, RouterInterfaceNotFound, RouterInterfaceNotFoundForSubnet, RouterNotFound, type Router,
} from './router.js';
import { RouterParts, routerTarget } from './routers.service.js';
import { RoutersRepository, type RouterAddress } from './routers.repository.js';

export interface RouterInterface {
  router: Router;
  portId: string;
  networkId: string;
  subnetIds: readonly string[];
}

export interface InterfaceRequest {
  subnet_id?: string;
  port_id?: string;
}

/** What an interface can be made of. */
@Injectable()
export class InterfaceSources {
  constructor(readonly ports: PortsRepository, readonly subnets: SubnetsRepository) {}
}

/** Connects routers to subnets. The router's row is held meanwhile, so that floating IPs, routes and interfaces fit each other. */
@Injectable()
export class RouterInterfacesService {
  constructor(
    private readonly parts: RouterParts, private readonly routers: RoutersRepository, private readonly routerPorts: RouterPorts,
    private readonly sources: InterfaceSources, private readonly access: Access,
  ) {}

  async add(caller: Caller, id: string, request: InterfaceRequest): Promise<RouterInterface> {
    await this.requireRouter(caller, id, routersPolicy.addInterface);
    if (request.subnet_id !== undefined && request.port_id !== undefined) throw new BadRequest('Cannot specify both subnet-id and port-id');
    return this.change(id, (tx, router) => (
      request.port_id === undefined ? this.addBySubnet(tx, caller, router, requireSubnetId(request)) : this.addByPort(tx, caller, router, request.port_id)
    ));
  }

  async remove(caller: Caller, id: string, request: InterfaceRequest): Promise<RouterInterface> {
    await this.requireRouter(caller, id, routersPolicy.removeInterface);
    if (request.subnet_id === undefined && request.port_id === undefined) throw new BadRequest('Either subnet_id or port_id must be specified');
    return this.change(id, async (tx, router) => {
      const all = (await this.routers.addresses(tx, id)).filter((address) => address.role === 'interface');
      const removed = chosen(router, all, request);
      for (const { subnet_id: subnetId, cidr } of removed) await this.requireUnneeded(tx, router, subnetId, cidr);
      const [first] = removed;
      await this.routers.removePort(tx, first?.port_id ?? '');
      const told = await this.routerPorts.deletion.remove(tx, [first?.port_id ?? '']);
      return { told, portId: first?.port_id ?? '', networkId: first?.network_id ?? '', subnetIds: removed.map((address) => address.subnet_id) };
    });
  }

  private async requireRouter(caller: Caller, id: string, act: typeof routersPolicy.addInterface): Promise<void> {
    const router = await this.routers.find(this.parts.db, id) ?? raise(new RouterNotFound(id));
    this.access.require(caller, { see: routersPolicy.get, act }, routerTarget(router), () => new RouterNotFound(id));
  }

  private async change(id: string, work: (tx: Tx, router: Router) => Promise<Omit<RouterInterface, 'router'> & { told: LogicalRef[] }>): Promise<RouterInterface> {
    const { db, realizations, realizer, clock } = this.parts;
    const { told, ...result } = await db.transaction(async (tx) => {
      await lockRow(tx, 'router', id);
      const router = await this.routers.find(tx, id) ?? raise(new RouterNotFound(id));
      const done = await work(tx, router);
      await touchRows(tx, 'router', [id], new Date(clock.now()));
      await realizations.changed(tx, units('router', [id]));
      return { ...done, router, told: [...done.told, ...units('router', [id])] };
    });
    await realizer.settleNow(told);
    return result;
  }

  private async addBySubnet(tx: Tx, caller: Caller, router: Router, subnetId: string): Promise<Omit<RouterInterface, 'router'> & { told: LogicalRef[] }> {
    const subnet = await this.visibleSubnet(tx, caller, subnetId);
    if (subnet.gateway_ip === null) throw new BadRequest('Subnet for router interface must have a gateway IP');
    await this.requireDistinct(tx, router, [subnet]);
    await this.parts.quotas.charge(tx, { project: router.project_id }, { port: 1 });
    const port = this.routerPorts.newPort('network:router_interface', router, subnet.network_id, router.project_id);
    const fixedIps = [{ subnet_id: subnet.id, ip_address: subnet.gateway_ip }];
    await this.routerPorts.creation.create(tx, [{ port, fixedIps, securityGroupIds: [], groupsOf: undefined }]);
    await this.routers.addPort(tx, router.id, port.id, 'interface');
    return { told: [], portId: port.id, networkId: subnet.network_id, subnetIds: [subnet.id] };
  }

  private async addByPort(tx: Tx, caller: Caller, router: Router, portId: string): Promise<Omit<RouterInterface, 'router'> & { told: LogicalRef[] }> {
    await lockRow(tx, 'port', portId);
    const port = await this.sources.ports.find(tx, portId) ?? raise(new PortNotFound(portId));
    const target = { project_id: port.project_id, 'network:project_id': port.network_project_id };
    this.access.require(caller, { see: portsPolicy.get, act: portsPolicy.update }, target, () => new PortNotFound(portId));
    requireAdoptable(port);
    const subnetIds = port.fixed_ips.map((fixed) => fixed.subnet_id);
    const subnets: Subnet[] = [];
    for (const id of subnetIds) subnets.push(await this.sources.subnets.find(tx, id) ?? raise(new SubnetNotFound(id)));
    await this.requireDistinct(tx, router, subnets);
    await this.routers.adoptPort(tx, router.id, portId, new Date(this.parts.clock.now()));
    await this.routers.addPort(tx, router.id, portId, 'interface');
    await this.parts.realizations.gone(tx, units('port', [portId]));
    return { told: units('port', [portId]), portId, networkId: port.network_id, subnetIds };
  }

  private async visibleSubnet(tx: Tx, caller: Caller, id: string): Promise<Subnet> {
    const subnet = await this.sources.subnets.find(tx, id) ?? raise(new SubnetNotFound(id));
    const target = { project_id: subnet.project_id, 'network:project_id': subnet.network_project_id, shared: subnet.is_shared, 'router:external': subnet.is_external };
    this.access.require(caller, { see: subnetsPolicy.get }, target, () => new SubnetNotFound(id));
    return subnet;
  }

  /** A router cannot tell networks with the same addresses apart. */
  private async requireDistinct(tx: Tx, router: Router, subnets: readonly Subnet[]): Promise<void> {
    const present = await this.routers.addresses(tx, router.id);
    for (const subnet of subnets) {
      if (present.some((address) => address.subnet_id === subnet.id)) throw new BadRequest(`Router already has a port on subnet ${subnet.id}`);
      const other = present.find((address) => overlap(range(address.cidr), range(subnet.cidr)));
      if (other !== undefined) throw new BadRequest(`Cidr ${subnet.cidr} of subnet ${subnet.id} overlaps with cidr ${other.cidr} of subnet ${other.subnet_id}`);
    }
  }

  private async requireUnneeded(tx: Tx, router: Router, subnetId: string, cidr: string): Promise<void> {
    if (await this.routers.leadsFloatingIps(tx, router.id, subnetId)) throw new RouterInterfaceInUseByFloatingIP(router.id, subnetId);
    if (router.routes.some(({ nexthop }) => contains(range(cidr), parseIp(nexthop) as Ip))) throw new RouterInterfaceInUseByRoute(router.id, subnetId);
  }
}

const range = (cidr: string) => rangeOf(parseCidr(cidr) as Cidr);

function requireSubnetId({ subnet_id: id }: InterfaceRequest): string {
  if (id === undefined) throw new BadRequest('Either subnet_id or port_id must be specified');
  return id;
}

function requireAdoptable(port: Port): void {
  if (port.device_id !== '') throw new PortInUse(port.id, port.network_id, port.device_id);
  if (port.fixed_ips.length === 0) throw new BadRequest('Router port must have at least one fixed IP');
  const ipv4 = port.fixed_ips.filter((fixed) => !fixed.ip_address.includes(':'));
  if (ipv4.length > 1) throw new BadRequest('Cannot have multiple IPv4 subnets on router port');
}

/** The addresses of the interface that is meant: by port, by subnet, or by both where they fit. */
function chosen(router: Router, all: readonly RouterAddress[], { port_id: portId, subnet_id: subnetId }: InterfaceRequest): RouterAddress[] {
  const bySubnet = all.find((address) => address.subnet_id === subnetId);
  if (portId === undefined) {
    if (bySubnet === undefined) throw new RouterInterfaceNotFoundForSubnet(router.id, subnetId ?? '');
    return all.filter((address) => address.port_id === bySubnet.port_id);
  }
  const addresses = all.filter((address) => address.port_id === portId);
  if (addresses.length === 0) throw new RouterInterfaceNotFound(router.id, portId);
  if (subnetId !== undefined && bySubnet?.port_id !== portId) throw new BadRequest(`Subnet on port ${portId} does not match the requested subnet ${subnetId}`);
  return addresses;
}
