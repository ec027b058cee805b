import { Inject, Injectable } from '@nestjs/common';
import type { BodyOf } from '@virga/contract';
import { floatingIpsPolicy, networksPolicy, type createFloatingIp, type updateFloatingIp } from '@virga/contracts-network';
import { CLOCK, raise, type Caller, type Clock } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { Access, requireRevision } from '../access/index.js';
import { newMac } from '../addresses/index.js';
import type { ListRequest } from '../listing/index.js';
import { NetworkNotFound, NetworksRepository, networkTarget } from '../networks/index.js';
import { NicEvents } from '../nic-events/index.js';
import { AddressAssignment, PortDeletion, PortsRepository, type PortFacts } from '../ports/index.js';
import { Realizer, RealizationRepository, units } from '../realization/index.js';
import { changeRow, deleteRow, given, lockRow, newStandard } from '../resources/index.js';
import { FloatingIpAssociation } from './association.js';
import { BadRequest, ExternalIpAddressExhausted, FloatingIPNotFound, type FloatingIp } from './floatingip.js';
import { FloatingIpsRepository, type FloatingIpPool } from './floatingips.repository.js';

type CreateBody = BodyOf<typeof createFloatingIp>['floatingip'];
type UpdateBody = BodyOf<typeof updateFloatingIp>['floatingip'];

const floatingTarget = (floating: { project_id: string }) => ({ project_id: floating.project_id, tenant_id: floating.project_id });

/** The parts that change floating IPs. */
@Injectable()
export class FloatingIpParts {
  constructor(
    @Inject(Database) readonly db: Database, readonly quotas: Quotas, readonly realizations: RealizationRepository, readonly realizer: Realizer,
    readonly events: NicEvents, @Inject(CLOCK) readonly clock: Clock,
  ) {}
}

/** The port that holds a floating IP's address on the external network. */
@Injectable()
export class FloatingPorts {
  constructor(
    private readonly ports: PortsRepository, private readonly addresses: AddressAssignment, private readonly deletion: PortDeletion, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Answers the port's id and the address. */
  async create(tx: Tx, floatingId: string, body: CreateBody): Promise<{ portId: string; ip: string }> {
    const networkId = body.floating_network_id;
    const port: PortFacts = {
      ...newStandard('', undefined, this.clock.now()), network_id: networkId, name: '', mac_address: newMac(), admin_state_up: true, status: 'N/A',
      device_id: floatingId, device_owner: 'network:floatingip', port_security_enabled: false, allowed_address_pairs: [], extra_dhcp_opts: [], dns_name: '',
      vnic_type: 'normal', host_id: '', binding_profile: {}, nic_index: null,
    };
    await this.ports.insert(tx, [port]);
    const wanted = { ...(body.subnet_id && { subnet_id: body.subnet_id }), ...(body.floating_ip_address && { ip_address: body.floating_ip_address }) };
    const chosen = Object.keys(wanted).length === 0
      ? await this.addresses.assignIpv4(tx, port) : (await this.addresses.assign(tx, port, [wanted]), (await this.ports.find(tx, port.id))?.fixed_ips[0]);
    if (chosen === undefined) throw new ExternalIpAddressExhausted(networkId);
    if (chosen.ip_address.includes(':')) throw new BadRequest('A floating IP is an IPv4 address');
    return { portId: port.id, ip: chosen.ip_address };
  }

  async remove(tx: Tx, portId: string): Promise<void> {
    await this.deletion.remove(tx, [portId]);
  }
}

@Injectable()
export class FloatingIpsService {
  constructor(
    private readonly parts: FloatingIpParts, private readonly floatingIps: FloatingIpsRepository, private readonly floatingPorts: FloatingPorts,
    private readonly association: FloatingIpAssociation, private readonly networks: NetworksRepository, private readonly access: Access,
  ) {}

  async create(caller: Caller, body: CreateBody): Promise<FloatingIp> {
    const { db, quotas, realizer, clock } = this.parts;
    const owner = this.access.ownerOf(caller, body);
    this.access.requireAct(caller, floatingIpsPolicy.create, { project_id: owner });
    if (body.floating_ip_address) this.access.requireAct(caller, floatingIpsPolicy.createAddress, { project_id: owner });
    await this.requireExternal(caller, body.floating_network_id);
    const standard = newStandard(owner, body.description, clock.now());
    const routers = await db.transaction(async (tx) => {
      await quotas.charge(tx, { project: owner }, { floatingip: 1 });
      if (!(await this.floatingIps.hasIpv4Subnet(tx, body.floating_network_id))) throw new BadRequest(`Network ${body.floating_network_id} does not contain any IPv4 subnet`);
      const { portId, ip } = await this.floatingPorts.create(tx, standard.id, body);
      const row = {
        ...standard, floating_network_id: body.floating_network_id, floating_ip: ip, floating_port_id: portId, port_id: null, fixed_ip: null, router_id: null, status: 'DOWN',
        dns_name: body.dns_name ?? '', dns_domain: body.dns_domain ?? '',
      };
      await this.floatingIps.insert(tx, row);
      return body.port_id ? this.lead(tx, { ...row, port_details: null }, body.port_id, body.fixed_ip_address ?? undefined) : [];
    });
    await realizer.settleNow(units('router', routers));
    return this.get(standard.id);
  }

  list(caller: Caller, request: ListRequest): Promise<FloatingIp[]> {
    return this.floatingIps.list(request, this.access.scope(caller, floatingIpsPolicy.get));
  }

  async show(caller: Caller, id: string): Promise<FloatingIp> {
    const floating = await this.get(id);
    this.access.require(caller, { see: floatingIpsPolicy.get }, floatingTarget(floating), () => new FloatingIPNotFound(id));
    return floating;
  }

  async update(caller: Caller, id: string, body: UpdateBody, revision: number | undefined): Promise<FloatingIp> {
    this.access.require(caller, { see: floatingIpsPolicy.get, act: floatingIpsPolicy.update }, floatingTarget(await this.get(id)), () => new FloatingIPNotFound(id));
    const routers = await this.parts.db.transaction(async (tx) => {
      const floating = await this.locked(tx, id, revision);
      if (body.description !== undefined) await changeRow(tx, 'floatingip', id, given({ description: body.description }), new Date(this.parts.clock.now()));
      if (body.port_id === undefined) return [];
      if (!body.port_id && body.fixed_ip_address) throw new BadRequest('fixed_ip_address cannot be specified without a port_id');
      return this.lead(tx, floating, body.port_id || undefined, body.fixed_ip_address ?? undefined);
    });
    await this.parts.realizer.settleNow(units('router', routers));
    return this.get(id);
  }

  async delete(caller: Caller, id: string, revision: number | undefined): Promise<void> {
    this.access.require(caller, { see: floatingIpsPolicy.get, act: floatingIpsPolicy.delete }, floatingTarget(await this.get(id)), () => new FloatingIPNotFound(id));
    const routers = await this.parts.db.transaction(async (tx) => {
      const floating = await this.locked(tx, id, revision);
      const left = await this.lead(tx, floating, undefined, undefined);
      await deleteRow(tx, 'floatingip', id);
      await this.floatingPorts.remove(tx, floating.floating_port_id);
      return left;
    });
    await this.parts.realizer.settleNow(units('router', routers));
  }

  /** The subnets that floating IPs come from. */
  async pools(caller: Caller): Promise<FloatingIpPool[]> {
    this.access.requireAct(caller, floatingIpsPolicy.getPools, { project_id: caller.projectId });
    return this.floatingIps.pools(caller.projectId ?? '');
  }

  /** Makes the floating IP lead to the port, or nowhere; answers the routers that changed. */
  private async lead(tx: Tx, floating: FloatingIp, portId: string | undefined, fixedIp: string | undefined): Promise<string[]> {
    const { realizations, events, clock } = this.parts;
    if (portId === undefined && floating.port_id === null) return [];
    const to = portId === undefined ? undefined : await this.association.plan(tx, floating, portId, fixedIp);
    await this.floatingIps.associate(tx, floating, to, new Date(clock.now()));
    const routers = [...new Set([floating.router_id, to?.router_id].filter((id) => typeof id === 'string'))];
    await realizations.changed(tx, units('router', routers));
    await events.changed(tx, [...new Set([floating.port_id, to?.port_id].filter((id) => typeof id === 'string'))]);
    return routers;
  }

  private async requireExternal(caller: Caller, networkId: string): Promise<void> {
    const network = await this.networks.find(this.parts.db, networkId) ?? raise(new NetworkNotFound(networkId));
    this.access.require(caller, { see: networksPolicy.get }, networkTarget(network), () => new NetworkNotFound(networkId));
    if (!network.is_external) throw new BadRequest(`Network ${networkId} is not a valid external network`);
  }

  private async locked(tx: Tx, id: string, revision: number | undefined): Promise<FloatingIp> {
    await lockRow(tx, 'floatingip', id);
    const floating = await this.floatingIps.find(tx, id) ?? raise(new FloatingIPNotFound(id));
    requireRevision(revision, floating);
    return floating;
  }

  private async get(id: string): Promise<FloatingIp> {
    return await this.floatingIps.find(this.parts.db, id) ?? raise(new FloatingIPNotFound(id));
  }
}
