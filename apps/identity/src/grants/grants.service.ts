import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import type { GrantEndpoints } from '@virga/contracts-identity';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { GroupsRepository } from '../groups/index.js';
import { Missing } from '../listing/index.js';
import { ProjectsRepository } from '../projects/index.js';
import { RolesRepository, roleTarget, type Role } from '../roles/index.js';
import { UsersRepository } from '../users/index.js';
import { ForeignRole, NoSuchGrant, type GrantPlace } from './grant.js';
import { GrantsRepository } from './grants.repository.js';

/** What a grant joins, as far as it exists. */
interface Parties {
  actorDomainId: string | undefined;
  /** The domain that the target is in, or is; undefined where there is no such target. */
  targetDomainId: string | null | undefined;
  role: Role | undefined;
}

/** Where the repositories of everything that a grant joins are. */
@Injectable()
export class GrantParties {
  constructor(
    private readonly db: Database, private readonly users: UsersRepository, private readonly groups: GroupsRepository,
    private readonly projects: ProjectsRepository, private readonly roles: RolesRepository,
  ) {}

  async find(place: GrantPlace, roleId: string | undefined): Promise<Parties> {
    const actor = await (place.actor === 'user' ? this.users : this.groups).find(this.db, place.actorId);
    return {
      actorDomainId: actor?.domainId,
      targetDomainId: await this.targetDomain(place),
      role: roleId === undefined ? undefined : await this.roles.find(this.db, roleId),
    };
  }

  rolesOf(ids: readonly string[]): Promise<Role[]> {
    return this.roles.byIds(this.db, ids);
  }

  private async targetDomain(place: GrantPlace): Promise<string | null | undefined> {
    if (place.targetId === null) return null;
    const target = await this.projects.find(this.db, place.targetId);
    if (target === undefined || (place.target === 'domain' && !target.isDomain)) return undefined;
    return target.domainId ?? target.id;
  }
}

@Injectable()
export class GrantsService {
  constructor(private readonly db: Database, private readonly grants: GrantsRepository, private readonly parties: GrantParties, private readonly policy: Policy) {}

  async create(caller: Caller, contracts: GrantEndpoints, place: GrantPlace, roleId: string): Promise<void> {
    const { role, targetDomainId } = await this.require(caller, contracts.create.policy, place, roleId);
    if (role !== undefined && role.domainId !== null && role.domainId !== targetDomainId) throw new ForeignRole(roleId);
    await this.db.transaction((tx) => this.grants.insert(tx, place, roleId));
  }

  async check(caller: Caller, contracts: GrantEndpoints, place: GrantPlace, roleId: string): Promise<void> {
    await this.require(caller, contracts.check.policy, place, roleId);
    if (!await this.grants.has(this.db, place, roleId)) throw new NoSuchGrant(roleId);
  }

  async revoke(caller: Caller, contracts: GrantEndpoints, place: GrantPlace, roleId: string): Promise<void> {
    await this.require(caller, contracts.revoke.policy, place, roleId);
    if (!await this.db.transaction((tx) => this.grants.delete(tx, place, roleId))) throw new NoSuchGrant(roleId);
  }

  async list(caller: Caller, contracts: GrantEndpoints, place: GrantPlace): Promise<Role[]> {
    await this.require(caller, contracts.list.policy, place, undefined);
    return this.parties.rolesOf(await this.grants.roleIds(this.db, place));
  }

  private async require(caller: Caller, rule: PolicyRule, place: GrantPlace, roleId: string | undefined): Promise<Parties> {
    const parties = await this.parties.find(place, roleId);
    this.policy.require(caller, rule, {
      target: {
        [place.actor]: { id: place.actorId, domain_id: parties.actorDomainId },
        ...(place.target === 'project' && { project: { id: place.targetId, domain_id: parties.targetDomainId } }),
        ...(place.target === 'domain' && { domain: { id: parties.targetDomainId } }),
        role: roleTarget(parties.role),
      },
    });
    if (parties.actorDomainId === undefined) throw new Missing(place.actor, place.actorId);
    if (parties.targetDomainId === undefined) throw new Missing(place.target === 'domain' ? 'domain' : 'project', place.targetId ?? '');
    if (roleId !== undefined && parties.role === undefined) throw new Missing('role', roleId);
    return parties;
  }
}
