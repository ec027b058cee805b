import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import {
  addGroupUser, checkGroupUser, createGroup, deleteGroup, listGroups, listGroupUsers, listUserGroups, removeGroupUser, showGroup, updateGroup,
} from '@virga/contracts-identity';
import { Invalid, newHexId, NotFound, type Caller } from '@virga/kernel';
import { Database, fragment } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Missing, pageOf, requireUnchanged, textFilters, textOf, type Attributes, type Listed, type Query } from '../listing/index.js';
import { domainOf } from '../projects/index.js';
import { membersOf, userFilters, UsersRepository, userTarget, type User } from '../users/index.js';
import type { Group } from './group.js';
import { GroupsRepository, groupsOf } from './groups.repository.js';
import { groupChange } from './groups.views.js';

@Injectable()
export class GroupsService {
  constructor(private readonly db: Database, private readonly groups: GroupsRepository, private readonly users: UsersRepository, private readonly policy: Policy) {}

  async create(caller: Caller, body: Attributes): Promise<Group> {
    const domainId = (body['domain_id'] as string | undefined) ?? domainOf(caller);
    this.policy.require(caller, createGroup.policy, { target: { group: { domain_id: domainId } } });
    if (domainId === undefined) throw new Invalid('identity.group.domain', 'Name the domain of the group: the token belongs to none.');
    const group: Group = { id: newHexId(), domainId, name: '', description: '', extra: {}, ...groupChange(body) };
    await this.db.transaction((tx) => this.groups.insert(tx, group));
    return group;
  }

  async list(caller: Caller, query: Query): Promise<Listed<Group>> {
    const own = caller.scope.kind === 'domain' ? caller.scope.domainId : undefined;
    this.policy.require(caller, listGroups.policy, { target: { group: { domain_id: own ?? textOf(query, 'domain_id') } } });
    return this.groups.page(this.db, [...(own === undefined ? [] : [fragment`g.domain_id = ${own}`]), ...groupFilters(query)], pageOf(query));
  }

  get(caller: Caller, id: string): Promise<Group> {
    return this.require(caller, showGroup.policy, id);
  }

  async update(caller: Caller, id: string, body: Attributes): Promise<Group> {
    await this.require(caller, updateGroup.policy, id);
    return this.db.transaction(async (tx) => {
      const seen = await this.groups.lock(tx, id) ?? missing(id);
      requireUnchanged(body['domain_id'], seen.domainId, 'domain_id');
      const change = groupChange(body);
      return this.groups.update(tx, seen, { ...change, extra: { ...seen.extra, ...change.extra } });
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    await this.require(caller, deleteGroup.policy, id);
    if (!await this.db.transaction((tx) => this.groups.delete(tx, id))) missing(id);
  }

  async members(caller: Caller, id: string, query: Query): Promise<Listed<User>> {
    await this.require(caller, listGroupUsers.policy, id);
    return this.users.page(this.db, [membersOf(id), ...userFilters(query)], pageOf(query));
  }

  async ofUser(caller: Caller, userId: string, query: Query): Promise<Listed<Group>> {
    const user = await this.users.find(this.db, userId);
    this.policy.require(caller, listUserGroups.policy, userTarget(user));
    if (user === undefined) throw new Missing('user', userId);
    return this.groups.page(this.db, [groupsOf(userId), ...groupFilters(query)], pageOf(query));
  }

  async addMember(caller: Caller, id: string, userId: string): Promise<void> {
    await this.requireBoth(caller, addGroupUser.policy, id, userId);
    await this.db.transaction((tx) => this.groups.addMember(tx, id, userId));
  }

  async requireMember(caller: Caller, id: string, userId: string): Promise<void> {
    await this.requireBoth(caller, checkGroupUser.policy, id, userId);
    if (!await this.groups.hasMember(this.db, id, userId)) throw new NotFound('identity.group.not-member', `User ${userId} is not a member of group ${id}.`);
  }

  async removeMember(caller: Caller, id: string, userId: string): Promise<void> {
    await this.requireBoth(caller, removeGroupUser.policy, id, userId);
    const wasMember = await this.db.transaction((tx) => this.groups.removeMember(tx, id, userId));
    if (!wasMember) throw new NotFound('identity.group.not-member', `User ${userId} is not a member of group ${id}.`);
  }

  private async require(caller: Caller, rule: PolicyRule, id: string): Promise<Group> {
    const group = await this.groups.find(this.db, id);
    this.policy.require(caller, rule, group === undefined ? {} : { target: { group: { id, domain_id: group.domainId } } });
    return group ?? missing(id);
  }

  private async requireBoth(caller: Caller, rule: PolicyRule, id: string, userId: string): Promise<void> {
    const [group, user] = [await this.groups.find(this.db, id), await this.users.find(this.db, userId)];
    this.policy.require(caller, rule, { target: { group: { id, domain_id: group?.domainId }, user: { id: userId, domain_id: user?.domainId } } });
    if (group === undefined) missing(id);
    if (user === undefined) throw new Missing('user', userId);
  }
}

function missing(id: string): never {
  throw new Missing('group', id);
}

function groupFilters(query: Query) {
  return textFilters(query, { name: 'g.name', domain_id: 'g.domain_id', id: 'g.id', description: 'g.description' });
}
