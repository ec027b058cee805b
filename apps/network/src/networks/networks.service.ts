import { Inject, Injectable } from '@nestjs/common';
import type { Static } from '@virga/contract';
import {
  createNetworkAttributeRules, getNetworkAttributeRules, networksPolicy, updateNetworkAttributeRules, type NetworkCreate, type NetworkUpdate,
} from '@virga/contracts-network';
import { CLOCK, Conflict, raise, type Caller, type Clock } from '@virga/kernel';
import { Database, onForeignKey } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { Access, requireRevision } from '../access/index.js';
import { requireZones } from '../availability/index.js';
import type { ListRequest } from '../listing/index.js';
import { Realizer, RealizationRepository, units } from '../realization/index.js';
import { changeRow, countByOwner, deleteRow, given, lockRow } from '../resources/index.js';
import { NicEvents } from '../nic-events/index.js';
import { NetworkInUse, NetworkNotFound, type Network } from './network.js';
import { NetworksRepository } from './networks.repository.js';
import { networkChanges, newNetwork } from './networks.views.js';
import { PhysicalNetworks } from './physical-networks.js';

/** What policy needs to know of a network. */
export const networkTarget = (network: Network) => ({
  project_id: network.project_id, tenant_id: network.project_id, 'network:project_id': network.project_id,
  shared: network.is_shared, 'router:external': network.is_external,
});

/** The parts that change a network. */
@Injectable()
export class NetworkParts {
  constructor(
    @Inject(Database) readonly db: Database, readonly quotas: Quotas, readonly realizations: RealizationRepository, readonly realizer: Realizer,
    readonly events: NicEvents, @Inject(CLOCK) readonly clock: Clock,
  ) {}
}

@Injectable()
export class NetworksService {
  constructor(
    private readonly parts: NetworkParts, private readonly networks: NetworksRepository, private readonly access: Access,
    private readonly physicalNetworks: PhysicalNetworks,
  ) {}

  async create(caller: Caller, bodies: readonly Static<typeof NetworkCreate>[]): Promise<Network[]> {
    const { db, quotas, realizations, realizer, clock } = this.parts;
    const fresh = bodies.map((body) => {
      const owner = this.access.ownerOf(caller, body);
      this.access.requireAct(caller, networksPolicy.create, { project_id: owner });
      this.access.requireAttributes(caller, createNetworkAttributeRules, body, { project_id: owner });
      requireZones(body.availability_zone_hints ?? []);
      return newNetwork(body, owner, this.physicalNetworks.names, clock.now());
    });
    await db.transaction(async (tx) => {
      for (const [project, count] of countByOwner(fresh.map(({ project_id: owner }) => owner))) await quotas.charge(tx, { project }, { network: count });
      for (const network of fresh) if (network.network_type === 'geneve') network.segmentation_id ??= await this.networks.nextSegment(tx);
      await this.networks.insert(tx, fresh);
      await realizations.changed(tx, units('network', fresh.map(({ id }) => id)));
    });
    await realizer.settleNow(units('network', fresh.map(({ id }) => id)));
    return this.networks.findAll(fresh.map(({ id }) => id));
  }

  list(caller: Caller, request: ListRequest): Promise<Network[]> {
    return this.networks.list(request, this.access.scope(caller, networksPolicy.get));
  }

  async show(caller: Caller, id: string): Promise<Network> {
    const network = await this.get(id);
    this.access.require(caller, { see: networksPolicy.get }, networkTarget(network), () => new NetworkNotFound(id));
    return network;
  }

  async update(caller: Caller, id: string, body: Static<typeof NetworkUpdate>, revision: number | undefined): Promise<Network> {
    const before = await this.get(id);
    const target = networkTarget(before);
    this.access.require(caller, { see: networksPolicy.get, act: networksPolicy.update }, target, () => new NetworkNotFound(id));
    this.access.requireAttributes(caller, updateNetworkAttributeRules, body, target);
    this.requireSameSegment(before, body);
    const changes = given(networkChanges(body));
    const { db, realizations, realizer, events, clock } = this.parts;
    const told = await db.transaction(async (tx) => {
      const row = await lockRow<Network>(tx, 'network', id) ?? raise(new NetworkNotFound(id));
      requireRevision(revision, row);
      if (row.is_shared && changes['is_shared'] === false && await this.networks.isUsedByOthers(tx, row)) {
        throw new InvalidSharedSetting(id);
      }
      if (row.is_external && changes['is_external'] === false && await this.networks.isExternalInUse(tx, id)) throw new ExternalNetworkInUse(id);
      await changeRow(tx, 'network', id, changes, new Date(clock.now()));
      const isFelt = ['name', 'mtu', 'dns_domain'].some((column) => column in changes);
      const { subnets, routers, serverPorts } = isFelt ? await this.networks.dependents(tx, id) : { subnets: [], routers: [], serverPorts: [] };
      const changed = [...units('network', [id]), ...units('subnet', subnets), ...units('router', routers)];
      await realizations.changed(tx, changed);
      await events.changed(tx, serverPorts);
      return changed;
    });
    await realizer.settleNow(told);
    return this.get(id);
  }

  async delete(caller: Caller, id: string, revision: number | undefined): Promise<void> {
    const before = await this.get(id);
    this.access.require(caller, { see: networksPolicy.get, act: networksPolicy.delete }, networkTarget(before), () => new NetworkNotFound(id));
    const { db, realizations, realizer } = this.parts;
    const gone = await db.transaction(async (tx) => {
      const row = await lockRow<Network>(tx, 'network', id) ?? raise(new NetworkNotFound(id));
      requireRevision(revision, row);
      if (await this.networks.isInUse(tx, id)) throw new NetworkInUse(id);
      const parts = await this.networks.deleteParts(tx, id).catch(onForeignKey('ip_allocation_subnet', () => new NetworkInUse(id)));
      await deleteRow(tx, 'network', id).catch(onForeignKey('port_network', () => new NetworkInUse(id))).catch(onForeignKey('floatingip_network', () => new NetworkInUse(id)));
      const units_ = [...units('port', parts.ports), ...units('subnet', parts.subnets), ...units('network', [id])];
      await realizations.gone(tx, units_);
      return units_;
    });
    await realizer.settleNow(gone);
  }

  /** The attributes that the caller may not see. */
  hidden(caller: Caller): ReadonlySet<string> {
    return this.access.hidden(caller, getNetworkAttributeRules);
  }

  private async get(id: string): Promise<Network> {
    return await this.networks.find(this.parts.db, id) ?? raise(new NetworkNotFound(id));
  }

  /** What carries a network is decided when it is made: its ports are wired accordingly. */
  private requireSameSegment(network: Network, body: Static<typeof NetworkUpdate>): void {
    const asked: [unknown, unknown][] = [
      [body['provider:network_type'], network.network_type], [body['provider:physical_network'], network.physical_network],
      [body['provider:segmentation_id'], network.segmentation_id],
    ];
    const isOther = asked.some(([wanted, present]) => wanted !== undefined && String(wanted) !== String(present));
    if (isOther) throw new ProviderAttributesFixed();
  }
}

class InvalidSharedSetting extends Conflict {
  constructor(id: string) {
    super('network.network.shared-in-use', `Unable to reconfigure sharing settings for network ${id}. Multiple tenants are using it.`);
  }
}

class ExternalNetworkInUse extends Conflict {
  constructor(id: string) {
    super('network.network.external-in-use', `External network ${id} cannot be updated to be made non-external, since it has existing gateway ports.`);
  }
}

class ProviderAttributesFixed extends Conflict {
  constructor() {
    super('network.network.provider-fixed', 'Plugin does not support updating provider attributes.', { status: 400 });
  }
}
