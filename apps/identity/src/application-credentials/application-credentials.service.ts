import { Inject, Injectable } from '@nestjs/common';
import type { BodyOf, PolicyRule } from '@virga/contract';
import {
  createApplicationCredential, deleteAccessRule, deleteApplicationCredential, listAccessRules, listApplicationCredentials, showAccessRule, showApplicationCredential,
} from '@virga/contracts-identity';
import { TokenVerifier, type NamedId } from '@virga/identity-client';
import { CLOCK, Forbidden, Invalid, newHexId, type Caller, type Clock } from '@virga/kernel';
import { Database, fragment, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { CredentialSecrets } from '../credential-secrets/index.js';
import { futureTime, Missing, pageOf, textFilters, type Listed, type Query } from '../listing/index.js';
import { Restricted, RolesNotHeld, type AccessRule, type ApplicationCredential } from './application-credential.js';
import { ApplicationCredentialsRepository } from './application-credentials.repository.js';

type Request = BodyOf<typeof createApplicationCredential>['application_credential'];

@Injectable()
export class ApplicationCredentialsService {
  constructor(
    private readonly db: Database, private readonly credentials: ApplicationCredentialsRepository, private readonly secrets: CredentialSecrets,
    private readonly verifier: TokenVerifier, private readonly policy: Policy, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Answers the secret once: afterwards only its hash exists. */
  async create(caller: Caller, userId: string, request: Request): Promise<{ credential: ApplicationCredential; secret: string }> {
    this.policy.require(caller, createApplicationCredential.policy, { user_id: userId });
    const { projectId } = caller;
    if (projectId === undefined) throw new Forbidden('identity.application-credential.scope', 'An application credential is for the project of the token: use a token of a project.');
    const held = await this.requireUnrestricted(caller);
    const roleIds = passedOn(request.roles, held);
    const { secret, hash } = await this.secretFor(request.secret ?? undefined);
    const id = newHexId();
    const credential = await this.db.transaction(async (tx) => {
      await this.credentials.insert(tx, {
        id, userId, projectId, name: request.name.trim(), description: request.description ?? null, secretHash: hash, isUnrestricted: request.unrestricted === true,
        expiresAt: typeof request.expires_at === 'string' ? futureTime(request.expires_at, this.clock.now()).text : null, roleIds,
      });
      await this.useRules(tx, userId, id, request.access_rules);
      return await this.credentials.find(tx, userId, id) ?? missing(id);
    });
    return { credential, secret };
  }

  async list(caller: Caller, userId: string, query: Query): Promise<Listed<ApplicationCredential>> {
    this.policy.require(caller, listApplicationCredentials.policy, { user_id: userId });
    return this.credentials.page(this.db, [fragment`c.user_id = ${userId}`, ...textFilters(query, { name: 'c.name', description: 'c.description' })], pageOf(query));
  }

  async get(caller: Caller, userId: string, id: string): Promise<ApplicationCredential> {
    this.policy.require(caller, showApplicationCredential.policy, { user_id: userId });
    return await this.credentials.find(this.db, userId, id) ?? missing(id);
  }

  async delete(caller: Caller, userId: string, id: string): Promise<void> {
    this.policy.require(caller, deleteApplicationCredential.policy, { user_id: userId });
    await this.requireUnrestricted(caller);
    if (!await this.db.transaction((tx) => this.credentials.delete(tx, userId, id))) missing(id);
  }

  async accessRules(caller: Caller, userId: string, query: Query): Promise<Listed<AccessRule>> {
    this.requireOfUser(caller, listAccessRules.policy, userId);
    return this.credentials.accessRules(this.db, userId, pageOf(query));
  }

  async accessRule(caller: Caller, userId: string, id: string): Promise<AccessRule> {
    this.requireOfUser(caller, showAccessRule.policy, userId);
    return await this.credentials.findAccessRule(this.db, userId, id) ?? missingRule(id);
  }

  async deleteAccessRule(caller: Caller, userId: string, id: string): Promise<void> {
    this.requireOfUser(caller, deleteAccessRule.policy, userId);
    if (!await this.db.transaction((tx) => this.credentials.deleteAccessRule(tx, userId, id))) missingRule(id);
  }

  private requireOfUser(caller: Caller, rule: PolicyRule, userId: string): void {
    this.policy.require(caller, rule, { user_id: userId, target: { user: { id: userId } } });
  }

  /** The roles of the caller's token, which must not be that of a restricted application credential or of a trust. */
  private async requireUnrestricted(caller: Caller): Promise<readonly NamedId[]> {
    const { authorization } = await this.verifier.verify(caller.token);
    if (authorization.applicationCredential?.isUnrestricted === false || authorization.trust !== undefined) throw new Restricted();
    return authorization.roles;
  }

  private async secretFor(chosen: string | undefined): Promise<{ secret: string; hash: string }> {
    return chosen === undefined ? this.secrets.generate() : { secret: chosen, hash: await this.secrets.hash(chosen) };
  }

  private async useRules(tx: Tx, userId: string, id: string, rules: Request['access_rules']): Promise<void> {
    if (rules === undefined || rules.length === 0) return;
    const ids: string[] = [];
    for (const rule of rules) ids.push(await this.ruleId(tx, userId, rule));
    await this.credentials.useAccessRules(tx, id, ids);
  }

  private async ruleId(tx: Tx, userId: string, rule: NonNullable<Request['access_rules']>[number]): Promise<string> {
    if (rule.id !== undefined) return (await this.credentials.findAccessRule(tx, userId, rule.id) ?? missingRule(rule.id)).id;
    const { service, path, method } = rule;
    if (service === undefined || path === undefined || method === undefined || !path.startsWith('/')) {
      throw new Invalid('identity.access-rule.incomplete', "An access rule is an 'id', or 'service', 'method' and a 'path' that begins with '/'.");
    }
    return this.credentials.ensureAccessRule(tx, userId, { service, path, method });
  }
}

/** The ids of the wanted roles, of all where none are named; only held ones can be passed on. */
function passedOn(wanted: Request['roles'], held: readonly NamedId[]): string[] {
  if (wanted === undefined || wanted.length === 0) return held.map(({ id }) => id);
  return wanted.map(({ id, name }) => {
    const role = held.find((one) => (id === undefined ? one.name.toLowerCase() === name?.toLowerCase() : one.id === id));
    if (role === undefined) throw new RolesNotHeld();
    return role.id;
  }).filter((id, index, ids) => ids.indexOf(id) === index);
}

function missing(id: string): never {
  throw new Missing('application-credential', id);
}

function missingRule(id: string): never {
  throw new Missing('access-rule', id);
}
