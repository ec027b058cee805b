import { Injectable } from '@nestjs/common';
import type { Tx } from '@virga/persistence';
import { units, RealizationRepository } from '../realization/index.js';
import { DefaultGroup, SecurityGroupNotFound, SecurityGroupsRepository } from '../security-groups/index.js';
import type { LogicalRef } from '@virga/ports';
import { AddressAssignment, type WantedIp } from './address-assignment.js';
import { isRouterPort, type PortFacts } from './port.js';
import { PortsRepository } from './ports.repository.js';

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

  /** Answers the units that changed; the caller has charged the quota. */
  async create(tx: Tx, plans: readonly PortPlan[]): Promise<LogicalRef[]> {
    await this.ports.insert(tx, plans.map(({ port }) => port));
    for (const plan of plans) {
      await this.putUnderGroups(tx, plan);
      await this.addresses.assign(tx, plan.port, plan.fixedIps);
    }
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

  private async putUnderGroups(tx: Tx, { port, securityGroupIds, groupsOf }: PortPlan): Promise<void> {
    if (!port.port_security_enabled) return;
    const ids = [...new Set(securityGroupIds ?? [await this.defaultGroup.ensure(tx, port.project_id)])];
    if (securityGroupIds !== undefined) await this.requireGroups(tx, ids, groupsOf);
    if (ids.length > 0) await this.ports.setSecurityGroups(tx, port.id, ids);
  }
}
