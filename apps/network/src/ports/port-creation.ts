import { Injectable } from '@nestjs/common';
import type { Tx } from '@virga/persistence';
import { units, RealizationRepository } from '../realization/index.js';
import { DefaultGroup, SecurityGroupNotFound, SecurityGroupsRepository } from '../security-groups/index.js';
import type { LogicalRef } from '@virga/ports';
import { AddressAssignment, type WantedIp } from './address-assignment.js';
import { isRouterPort, type PortFacts } from './port.js';
import { PortsRepository, type Membership } from './ports.repository.js';

/** A port to be made, with what its row does not hold. */
export interface PortPlan {
  port: PortFacts;
  /** Undefined: one address of each family, of our choice. */
  fixedIps: readonly WantedIp[] | undefined;
  /** Undefined: the project's default group, where the port is protected. */
  securityGroupIds: readonly string[] | undefined;
  /** Whose groups may be named; undefined for anybody's. */
  groupsOf: string | undefined;
}

/** Makes ports in a transaction, whoever asks: users, compute, routers, floating IPs. */
@Injectable()
export class PortCreation {
  constructor(
    private readonly ports: PortsRepository, private readonly addresses: AddressAssignment, private readonly groups: SecurityGroupsRepository,
    private readonly defaultGroup: DefaultGroup, private readonly realizations: RealizationRepository,
  ) {}

  /**
   * Answers the units that changed. `charge` comes after everything that is only read: it makes the project's other requests wait
   * until this transaction ends.
   */
  async create(tx: Tx, plans: readonly PortPlan[], charge: () => Promise<void> = async () => undefined): Promise<LogicalRef[]> {
    const memberships = await this.memberships(tx, plans);
    const subnets = await this.addresses.subnetsOf(tx, plans.map(({ port }) => port.network_id));
    await charge();
    await this.ports.insert(tx, plans.map(({ port }) => port));
    await this.ports.addSecurityGroups(tx, memberships);
    for (const { port, fixedIps } of plans) await this.addresses.assign(tx, port, fixedIps, subnets);
    const told = units('port', plans.filter(({ port }) => !isRouterPort(port.device_owner)).map(({ port }) => port.id));
    await this.realizations.changed(tx, told);
    return told;
  }

  /** Throws `SecurityGroupNotFound` for a group that does not exist or is not the project's. */
  async requireGroups(tx: Tx, ids: readonly string[], project: string | undefined): Promise<void> {
    if (ids.length === 0) return;
    const existing = await this.groups.existing(tx, ids, project);
    const missing = ids.find((id) => !existing.has(id));
    if (missing !== undefined) throw new SecurityGroupNotFound(missing);
  }

  /** Which port comes under which groups. */
  private async memberships(tx: Tx, plans: readonly PortPlan[]): Promise<Membership[]> {
    const defaults = new Map<string, string>();
    const memberships: Membership[] = [];
    for (const { port, securityGroupIds, groupsOf } of plans.filter((plan) => plan.port.port_security_enabled)) {
      if (securityGroupIds === undefined) {
        const id = defaults.get(port.project_id) ?? await this.defaultGroup.ensure(tx, port.project_id);
        defaults.set(port.project_id, id);
        memberships.push({ portId: port.id, groupId: id });
        continue;
      }
      const ids = [...new Set(securityGroupIds)];
      await this.requireGroups(tx, ids, groupsOf);
      memberships.push(...ids.map((id) => ({ portId: port.id, groupId: id })));
    }
    return memberships;
  }
}
