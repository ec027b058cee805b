import { Injectable } from '@nestjs/common';
import { createCredential, deleteCredential, listCredentials, showCredential, updateCredential } from '@virga/contracts-identity';
import type { PolicyRule } from '@virga/contract';
import type { Caller } from '@virga/kernel';
import { Database, fragment } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { extraOf, Missing, pageOf, textFilters, textOf, type Attributes, type Listed, type Query } from '../listing/index.js';
import { boundBlob, credentialId, requireBoundAlike, requireProject, type Credential } from './credential.js';
import { CredentialsRepository } from './credentials.repository.js';
import { Reaches } from './reach.js';

const KNOWN = ['blob', 'type', 'user_id', 'project_id'];

/** The attributes that the rules of credentials mention. */
export const targetOf = (userId: string | undefined) => ({ target: { credential: { user_id: userId } } });

/** A page as the database has it, by which the next one is found, and what of it the caller may see. */
export interface SeenPage {
  page: Listed<Credential>;
  seen: readonly Credential[];
}

@Injectable()
export class CredentialsService {
  constructor(
    private readonly db: Database, private readonly credentials: CredentialsRepository, private readonly reaches: Reaches, private readonly policy: Policy,
  ) {}

  async create(caller: Caller, body: Attributes): Promise<Credential> {
    const [userId, type, given] = [body['user_id'], body['type'], body['blob']] as [string, string, string];
    this.policy.require(caller, createCredential.policy, targetOf(userId));
    const projectId = (body['project_id'] as string | null | undefined) ?? null;
    const reach = await this.reaches.of(caller);
    reach.requireNew({ type, projectId, userId });
    requireProject(type, projectId);
    const blob = boundBlob(type, given, reach.delegation);
    const credential = { id: credentialId(type, blob), userId, projectId, type, blob, extra: extraOf(body, KNOWN) };
    await this.db.transaction((tx) => this.credentials.insert(tx, credential));
    return credential;
  }

  /** All for those who may see all, else the caller's own. */
  async list(caller: Caller, query: Query): Promise<SeenPage> {
    const seesAll = this.policy.allows(caller, listCredentials.policy, targetOf(undefined));
    if (!seesAll) this.policy.require(caller, listCredentials.policy, targetOf(textOf(query, 'user_id') ?? caller.userId));
    const reach = await this.reaches.of(caller);
    const own = [...(seesAll ? [] : [fragment`c.user_id = ${caller.userId}`]), ...reach.filter()];
    const page = await this.credentials.page(this.db, [...own, ...textFilters(query, { user_id: 'c.user_id', type: 'c.type' })], pageOf(query));
    return { page, seen: page.entries.filter((credential) => reach.includes(credential)) };
  }

  get(caller: Caller, id: string): Promise<Credential> {
    return this.require(caller, showCredential.policy, id);
  }

  async update(caller: Caller, id: string, body: Attributes): Promise<Credential> {
    await this.require(caller, updateCredential.policy, id);
    const reach = await this.reaches.of(caller);
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
      requireBoundAlike(seen, next);
      reach.require(next);
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
    (await this.reaches.of(caller)).require(credential);
    return credential;
  }
}

function missing(id: string): never {
  throw new Missing('credential', id);
}
