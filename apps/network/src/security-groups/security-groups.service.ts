import { Inject, Injectable } from '@nestjs/common';
import { isTrue, type BodyOf } from '@virga/contract';
import { securityGroupsPolicy, type createSecurityGroup, type updateSecurityGroup } from '@virga/contracts-network';
import { CLOCK, raise, type Caller, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { Access, requireRevision } from '../access/index.js';
import type { ListRequest } from '../listing/index.js';
import { NicEvents } from '../nic-events/index.js';
import { Realizer, RealizationRepository, units } from '../realization/index.js';
import { changeRow, given, lockRow, newStandard, touchRows } from '../resources/index.js';
import { DefaultGroup } from './default-group.js';
import {
  DEFAULT_GROUP, SecurityGroupCannotRemoveDefault, SecurityGroupCannotUpdateDefault, SecurityGroupDefaultAlreadyExists, SecurityGroupInUse, SecurityGroupNotFound,
  initialRules, type SecurityGroup,
} from './security-group.js';
import { SecurityGroupsRepository } from './security-groups.repository.js';

export const groupTarget = (group: { project_id: string }) => ({
  project_id: group.project_id, tenant_id: group.project_id, 'security_group:project_id': group.project_id, shared: false,
});

/** The parts that change security groups. */
@Injectable()
export class SecurityGroupParts {
  constructor(
    @Inject(Database) readonly db: Database, readonly quotas: Quotas, readonly realizations: RealizationRepository, readonly realizer: Realizer,
    readonly events: NicEvents, @Inject(CLOCK) readonly clock: Clock,
  ) {}
}

@Injectable()
export class SecurityGroupsService {
  constructor(
    private readonly parts: SecurityGroupParts, private readonly groups: SecurityGroupsRepository, private readonly defaultGroup: DefaultGroup,
    private readonly access: Access,
  ) {}

  async create(caller: Caller, body: BodyOf<typeof createSecurityGroup>['security_group']): Promise<SecurityGroup> {
    const { db, quotas, realizations, realizer, clock } = this.parts;
    const owner = this.access.ownerOf(caller, body);
    this.access.requireAct(caller, securityGroupsPolicy.create, { project_id: owner });
    if (body.name === DEFAULT_GROUP) throw new SecurityGroupDefaultAlreadyExists();
    const now = clock.now();
    const group = { ...newStandard(owner, body.description, now), name: body.name, is_default: false, is_stateful: isTrue(body.stateful) ?? true };
    const told = await db.transaction(async (tx) => {
      const rules = initialRules(group, now);
      await quotas.charge(tx, { project: owner }, { security_group: 1, security_group_rule: rules.length });
      const defaultGroup = await this.defaultGroup.ensure(tx, owner);
      await this.groups.insert(tx, group);
      await this.groups.insertRules(tx, rules);
      await realizations.changed(tx, units('security-group', [group.id]));
      return units('security-group', [defaultGroup, group.id]);
    });
    await realizer.settleNow(told);
    return this.get(group.id);
  }

  async list(caller: Caller, request: ListRequest): Promise<SecurityGroup[]> {
    const scope = this.access.scope(caller, securityGroupsPolicy.get);
    await this.ensureDefault(caller);
    return this.groups.list(request, scope);
  }

  async show(caller: Caller, id: string): Promise<SecurityGroup> {
    const group = await this.get(id);
    this.access.require(caller, { see: securityGroupsPolicy.get }, groupTarget(group), () => new SecurityGroupNotFound(id));
    return group;
  }

  async update(caller: Caller, id: string, body: BodyOf<typeof updateSecurityGroup>['security_group'], revision: number | undefined): Promise<SecurityGroup> {
    const before = await this.get(id);
    this.access.require(caller, { see: securityGroupsPolicy.get, act: securityGroupsPolicy.update }, groupTarget(before), () => new SecurityGroupNotFound(id));
    const { db, realizations, realizer, events, clock } = this.parts;
    const changes = given({ name: body.name, description: body.description, is_stateful: isTrue(body.stateful) });
    await db.transaction(async (tx) => {
      const row = await lockRow<SecurityGroup>(tx, 'security_group', id) ?? raise(new SecurityGroupNotFound(id));
      requireRevision(revision, row);
      const isRenamed = body.name !== undefined && body.name !== row.name;
      if (isRenamed) requireRenamable(row, body.name);
      const ports = await this.groups.portsOf(tx, id);
      const becomesOther = (changes['is_stateful'] ?? row.is_stateful) !== row.is_stateful;
      if (becomesOther && ports.length > 0) throw new SecurityGroupInUse(id);
      await changeRow(tx, 'security_group', id, changes, new Date(clock.now()));
      await realizations.changed(tx, units('security-group', [id]));
      if (isRenamed) await events.changed(tx, ports);
    });
    await realizer.settleNow(units('security-group', [id]));
    return this.get(id);
  }

  async delete(caller: Caller, id: string, revision: number | undefined): Promise<void> {
    const before = await this.get(id);
    this.access.require(caller, { see: securityGroupsPolicy.get, act: securityGroupsPolicy.delete }, groupTarget(before), () => new SecurityGroupNotFound(id));
    const { db, realizations, realizer, clock } = this.parts;
    const told = await db.transaction(async (tx) => {
      const row = await lockRow<SecurityGroup>(tx, 'security_group', id) ?? raise(new SecurityGroupNotFound(id));
      requireRevision(revision, row);
      if (row.is_default && !this.access.scope(caller, securityGroupsPolicy.delete).all) throw new SecurityGroupCannotRemoveDefault();
      const referring = await this.groups.referring(tx, id);
      await this.groups.delete(tx, id);
      await touchRows(tx, 'security_group', referring, new Date(clock.now()));
      await realizations.changed(tx, units('security-group', referring));
      await realizations.gone(tx, units('security-group', [id]));
      return units('security-group', [id, ...referring]);
    });
    await realizer.settleNow(told);
  }

  private async ensureDefault(caller: Caller): Promise<void> {
    const { db, realizer } = this.parts;
    const project = caller.projectId;
    if (project === undefined || await this.groups.defaultOf(db, project) !== undefined) return;
    const id = await db.transaction((tx) => this.defaultGroup.ensure(tx, project));
    await realizer.settleNow(units('security-group', [id]));
  }

  private async get(id: string): Promise<SecurityGroup> {
    return await this.groups.find(this.parts.db, id) ?? raise(new SecurityGroupNotFound(id));
  }
}

/** The default group keeps its name, and no other gets it. */
function requireRenamable(group: SecurityGroup, name: string | undefined): void {
  if (group.is_default) throw new SecurityGroupCannotUpdateDefault();
  if (name === DEFAULT_GROUP) throw new SecurityGroupDefaultAlreadyExists();
}
