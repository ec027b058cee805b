import { Inject, Injectable } from '@nestjs/common';
import type { BodyOf, PolicyRule } from '@virga/contract';
import {
  createTrust, deleteTrust, listTrustRoles, listTrusts, showTrust, showTrustRole, trusteeTrustsRule, trustorTrustsRule,
} from '@virga/contracts-identity';
import { judge, readAuthorizationFacts, TokenVerifier, type NamedId } from '@virga/identity-client';
import { CLOCK, newHexId, type Caller, type Clock } from '@virga/kernel';
import { Database, fragment } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Restricted } from '../application-credentials/index.js';
import { extraOf, futureTime, Missing, pageOf, textOf, type Listed, type Query } from '../listing/index.js';
import { RolesRepository, type Role } from '../roles/index.js';
import { TrustRefused, TrustRolesNotHeld, type Trust } from './trust.js';
import { TrustsRepository } from './trusts.repository.js';

type Request = BodyOf<typeof createTrust>['trust'];

const KNOWN = [
  'trustor_user_id', 'trustee_user_id', 'project_id', 'impersonation', 'expires_at', 'remaining_uses', 'roles', 'allow_redelegation', 'redelegation_count', 'deleted_at',
];
const targetOf = (trust: Trust) => ({ target: { trust: { trustor_user_id: trust.trustorUserId, trustee_user_id: trust.trusteeUserId } } });

@Injectable()
export class TrustsService {
  constructor(
    private readonly db: Database, private readonly trusts: TrustsRepository, private readonly roles: RolesRepository, private readonly verifier: TokenVerifier,
    private readonly policy: Policy, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async create(caller: Caller, request: Request): Promise<Trust> {
    this.policy.require(caller, createTrust.policy, { target: { trust: { trustor_user_id: request.trustor_user_id } } });
    const reach = await this.reach(caller);
    const projectId = request.project_id ?? null;
    const roleIds = await this.roleIds(request, projectId, reach);
    const now = this.clock.now();
    const trust: Trust = {
      id: newHexId(), trustorUserId: request.trustor_user_id, trusteeUserId: request.trustee_user_id, projectId, isImpersonated: request.impersonation,
      expiresAt: typeof request.expires_at === 'string' ? futureTime(request.expires_at, now).text : null, remainingUses: request.remaining_uses ?? null,
      redelegatedTrustId: null, redelegationCount: 0, roleIds, extra: extraOf(request, KNOWN),
    };
    if (request.allow_redelegation === true) throw new TrustRefused('Trusts cannot be passed on here: leave allow_redelegation out.');
    return this.db.transaction(async (tx) => {
      await this.trusts.insert(tx, trust, now);
      return await this.trusts.find(tx, trust.id, now) ?? missing(trust.id);
    });
  }

  async list(caller: Caller, query: Query): Promise<Listed<Trust>> {
    const [trustor, trustee] = [textOf(query, 'trustor_user_id'), textOf(query, 'trustee_user_id')];
    const target = { target: { trust: { trustor_user_id: trustor, trustee_user_id: trustee } } };
    if (trustor !== undefined) this.policy.require(caller, trustorTrustsRule, target);
    else this.policy.require(caller, trustee === undefined ? listTrusts.policy : trusteeTrustsRule, target);
    return this.trusts.page(this.db, [
      ...(trustor === undefined ? [] : [fragment`t.trustor_user_id = ${trustor}`]), ...(trustee === undefined ? [] : [fragment`t.trustee_user_id = ${trustee}`]),
      fragment`(t.expires_at IS NULL OR t.expires_at > ${new Date(this.clock.now())})`,
    ], pageOf(query));
  }

  get(caller: Caller, id: string): Promise<Trust> {
    return this.require(caller, showTrust.policy, id);
  }

  async delete(caller: Caller, id: string): Promise<void> {
    await this.require(caller, deleteTrust.policy, id);
    if (!await this.db.transaction((tx) => this.trusts.delete(tx, id))) missing(id);
  }

  async rolesOf(caller: Caller, id: string): Promise<Role[]> {
    return this.roles.byIds(this.db, (await this.require(caller, listTrustRoles.policy, id)).roleIds);
  }

  async role(caller: Caller, id: string, roleId: string): Promise<Role> {
    const trust = await this.require(caller, showTrustRole.policy, id);
    const role = trust.roleIds.includes(roleId) ? await this.roles.find(this.db, roleId) : undefined;
    if (role === undefined) throw new Missing('role', roleId);
    return role;
  }

  /** The roles of a trust that its holder may see. */
  rolesByIds(ids: readonly string[]): Promise<Role[]> {
    return this.roles.byIds(this.db, ids);
  }

  /** The roles that the caller may pass on: all that it has, or with an unrestricted application credential only that one's. */
  private async reach(caller: Caller): Promise<readonly NamedId[] | 'all'> {
    const { authorization } = await this.verifier.verify(caller.token);
    const { applicationCredential: credential, trust } = authorization;
    if (credential?.isUnrestricted === false || trust !== undefined) throw new Restricted();
    return credential === undefined ? 'all' : authorization.roles;
  }

  private async roleIds(request: Request, projectId: string | null, reach: readonly NamedId[] | 'all'): Promise<string[]> {
    const wanted = request.roles ?? [];
    if (projectId === null && wanted.length === 0) return [];
    if (projectId === null || wanted.length === 0) throw new TrustRefused("A trust names a 'project_id' and 'roles', or neither.");
    const held = (await this.heldBy(request.trustor_user_id, projectId)).filter(({ id }) => reach === 'all' || reach.some((role) => role.id === id));
    return wanted.map(({ id, name }) => {
      const role = held.find((one) => (id === undefined ? one.name.toLowerCase() === name?.toLowerCase() : one.id === id));
      if (role === undefined) throw new TrustRolesNotHeld();
      return role.id;
    }).filter((id, index, ids) => ids.indexOf(id) === index);
  }

  private async heldBy(userId: string, projectId: string): Promise<readonly NamedId[]> {
    const question = { userId, scope: { kind: 'project' as const, id: projectId } };
    const verdict = judge(question, await readAuthorizationFacts(this.db, question), this.clock.now());
    return typeof verdict === 'string' ? [] : verdict.roles;
  }

  private async require(caller: Caller, rule: PolicyRule, id: string): Promise<Trust> {
    const trust = await this.trusts.find(this.db, id, this.clock.now());
    if (trust === undefined) missing(id);
    this.policy.require(caller, rule, targetOf(trust));
    return trust;
  }
}

function missing(id: string): never {
  throw new Missing('trust', id);
}
