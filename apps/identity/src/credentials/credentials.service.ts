import { Injectable } from '@nestjs/common';
import { createCredential, deleteCredential, listCredentials, showCredential, updateCredential } from '@virga/contracts-identity';
import type { PolicyRule } from '@virga/contract';
import { TokenVerifier } from '@virga/identity-client';
import { Forbidden, type Caller } from '@virga/kernel';
import { Database, fragment, type Fragment } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { extraOf, Missing, pageOf, textFilters, textOf, type Attributes, type Listed, type Query } from '../listing/index.js';
import { credentialId, requireProject, type Credential } from './credential.js';
import { CredentialsRepository } from './credentials.repository.js';

const KNOWN = ['blob', 'type', 'user_id', 'project_id'];
const targetOf = (userId: string | undefined) => ({ target: { credential: { user_id: userId } } });

@Injectable()
export class CredentialsService {
  constructor(
    private readonly db: Database, private readonly credentials: CredentialsRepository, private readonly verifier: TokenVerifier, private readonly policy: Policy,
  ) {}

  async create(caller: Caller, body: Attributes): Promise<Credential> {
    const [userId, type, blob] = [body['user_id'], body['type'], body['blob']] as [string, string, string];
    this.policy.require(caller, createCredential.policy, targetOf(userId));
    const projectId = (body['project_id'] as string | null | undefined) ?? null;
    await this.requireReach(caller, { type, projectId });
    requireProject(type, projectId);
    const credential = { id: credentialId(type, blob), userId, projectId, type, blob, extra: extraOf(body, KNOWN) };
    await this.db.transaction((tx) => this.credentials.insert(tx, credential));
    return credential;
  }

  /** All for those who may see all, else the caller's own. */
  async list(caller: Caller, query: Query): Promise<Listed<Credential>> {
    const seesAll = this.policy.allows(caller, listCredentials.policy, targetOf(undefined));
    if (!seesAll) this.policy.require(caller, listCredentials.policy, targetOf(textOf(query, 'user_id') ?? caller.userId));
    const own = [...(seesAll ? [] : [fragment`c.user_id = ${caller.userId}`]), ...await this.reachFilter(caller)];
    return this.credentials.page(this.db, [...own, ...textFilters(query, { user_id: 'c.user_id', type: 'c.type' })], pageOf(query));
  }

  get(caller: Caller, id: string): Promise<Credential> {
    return this.require(caller, showCredential.policy, id);
  }

  async update(caller: Caller, id: string, body: Attributes): Promise<Credential> {
    await this.require(caller, updateCredential.policy, id);
    return this.db.transaction(async (tx) => {
      const seen = await this.credentials.lock(tx, id) ?? missing(id);
      const next: Credential = {
        ...seen, extra: { ...seen.extra, ...extraOf(body, KNOWN) },
        ...(body['blob'] !== undefined && { blob: body['blob'] as string }), ...(body['type'] !== undefined && { type: body['type'] as string }),
        ...(body['user_id'] !== undefined && { userId: body['user_id'] as string }), ...(body['project_id'] !== undefined && { projectId: body['project_id'] as string | null }),
      };
      // Nobody gives a credential of its own to somebody else, or takes another's.
      this.policy.require(caller, updateCredential.policy, targetOf(next.userId));
      requireProject(next.type, next.projectId);
      await this.requireReach(caller, next);
      await this.credentials.update(tx, next);
      return next;
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    await this.require(caller, deleteCredential.policy, id);
    if (!await this.db.transaction((tx) => this.credentials.delete(tx, id))) missing(id);
  }

  private async require(caller: Caller, rule: PolicyRule, id: string): Promise<Credential> {
    const credential = await this.credentials.find(this.db, id);
    this.policy.require(caller, rule, targetOf(credential?.userId));
    if (credential === undefined) missing(id);
    await this.requireReach(caller, credential);
    return credential;
  }

  /**
   * Whoever acts by a delegation (an application credential or a trust) reaches only EC2 credentials of the delegation's
   * project: anything else would let it outlive or widen what was passed on.
   */
  private async requireReach(caller: Caller, { type, projectId }: Pick<Credential, 'type' | 'projectId'>): Promise<void> {
    const reach = await this.reach(caller);
    if (reach === 'all' || (reach === 'project' && type === 'ec2' && projectId === (caller.projectId ?? null))) return;
    throw new Forbidden('identity.credential.delegated', 'A token of an application credential or trust cannot manage this credential.');
  }

  private async reachFilter(caller: Caller): Promise<Fragment[]> {
    const reach = await this.reach(caller);
    if (reach === 'all') return [];
    return reach === 'none' ? [fragment`FALSE`] : [fragment`c.type = 'ec2'`, fragment`c.project_id = ${caller.projectId ?? ''}`];
  }

  private async reach(caller: Caller): Promise<'all' | 'project' | 'none'> {
    const { authorization } = await this.verifier.verify(caller.token);
    if (authorization.applicationCredential?.isUnrestricted === false) return 'none';
    return authorization.applicationCredential === undefined && authorization.trust === undefined ? 'all' : 'project';
  }
}

function missing(id: string): never {
  throw new Missing('credential', id);
}
