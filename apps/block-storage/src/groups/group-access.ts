import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { groups as contract } from '@virga/contracts-block-storage';
import { raise, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { GroupUnknown } from './group-faults.js';
import { GroupsRepository } from './groups.repository.js';
import type { Group } from './group.js';

/** Finds groups for those who may know of them: one of another project does not exist for anyone but administrators. */
@Injectable()
export class GroupAccess {
  constructor(private readonly db: Database, private readonly groups: GroupsRepository, private readonly policy: Policy) {}

  /** The group, if the caller may do this to it; throws `GroupUnknown` and `Forbidden`. */
  async require(caller: Caller, rule: PolicyRule, id: string): Promise<Group> {
    const group = (await this.groups.find(this.db, id)) ?? raise(new GroupUnknown(id));
    const isForeign = caller.projectId !== group.projectId;
    this.policy.require(caller, rule, { project_id: group.projectId, user_id: group.userId }, isForeign ? () => new GroupUnknown(id) : undefined);
    return group;
  }

  /** Whether replies show the caller which project groups belong to. */
  showsProject(caller: Caller): boolean {
    return this.policy.allows(caller, contract.groupProjectRule, { project_id: caller.projectId });
  }
}
