import { Injectable } from '@nestjs/common';
import { createServerGroup, deleteServerGroup, listAllServerGroups, listServerGroups, showServerGroup } from '@virga/contracts-compute';
import type { PolicyRule } from '@virga/contract';
import { Forbidden, isUuid, newId, NotFound, raise, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Quotas } from '@virga/quota';
import type { ServerGroup } from './server-group.js';
import { ServerGroupsRepository } from './server-groups.repository.js';

class GroupUnknown extends NotFound {
  constructor(id: string) {
    super('compute.server-group.unknown', `Instance group ${id.slice(0, 64)} could not be found.`);
  }
}

@Injectable()
export class ServerGroupsService {
  constructor(
    private readonly db: Database,
    private readonly groups: ServerGroupsRepository,
    private readonly quotas: Quotas,
    private readonly policy: Policy,
  ) {}

  async create(caller: Caller, wish: Pick<ServerGroup, 'name' | 'policy' | 'maxServerPerHost'>): Promise<ServerGroup> {
    const { projectId, userId } = caller;
    this.policy.require(caller, createServerGroup.policy, { project_id: projectId, user_id: userId });
    if (projectId === undefined) throw new Forbidden('compute.server-group.no-project', 'A server group belongs to a project: use a token that is scoped to one.');
    return this.db.transaction(async (tx) => {
      await this.quotas.charge(tx, { project: projectId }, createServerGroup.charges);
      return this.groups.insert(tx, { id: newId(), projectId, userId, ...wish });
    });
  }

  async list(caller: Caller, { isForAll, limit, offset }: { isForAll: boolean; limit: number; offset: number }): Promise<ServerGroup[]> {
    this.policy.require(caller, listServerGroups.policy, { project_id: caller.projectId });
    const seesAll = isForAll && this.policy.allows(caller, listAllServerGroups);
    return this.groups.list(this.db, seesAll ? undefined : caller.projectId ?? '', { limit, offset });
  }

  get(caller: Caller, id: string): Promise<ServerGroup> {
    return this.require(caller, showServerGroup.policy, id);
  }

  async delete(caller: Caller, id: string): Promise<void> {
    const group = await this.require(caller, deleteServerGroup.policy, id);
    await this.db.transaction((tx) => this.groups.delete(tx, group.id));
  }

  private async require(caller: Caller, rule: PolicyRule, id: string): Promise<ServerGroup> {
    const found = isUuid(id) ? await this.groups.find(this.db, id) : undefined;
    const group = found ?? raise(new GroupUnknown(id));
    this.policy.require(caller, rule, { project_id: group.projectId }, group.projectId === caller.projectId ? undefined : () => new GroupUnknown(id));
    return group;
  }
}
