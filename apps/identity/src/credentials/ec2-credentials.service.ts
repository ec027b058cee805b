import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { createEc2Credential, deleteEc2Credential, listEc2Credentials, showEc2Credential } from '@virga/contracts-identity';
import { ACCESS_KEY_TYPE, accessKeyId } from '@virga/identity-client';
import type { Caller } from '@virga/kernel';
import { Database, fragment } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Missing, pageOf, type Query } from '../listing/index.js';
import { boundBlob, type Credential } from './credential.js';
import { CredentialsRepository } from './credentials.repository.js';
import { targetOf, type SeenPage } from './credentials.service.js';
import { PrincipalsRepository } from './principals.repository.js';
import { Reaches } from './reach.js';

/** As long as AWS's: some clients check. */
const [ACCESS_BYTES, SECRET_BYTES] = [16, 20];

/** Access keys as the identity API's extension OS-EC2 shows them; each is a credential of the type `ec2`. */
@Injectable()
export class Ec2CredentialsService {
  constructor(
    private readonly db: Database, private readonly credentials: CredentialsRepository, private readonly principals: PrincipalsRepository,
    private readonly reaches: Reaches, private readonly policy: Policy,
  ) {}

  async create(caller: Caller, userId: string, projectId: string): Promise<Credential> {
    this.policy.require(caller, createEc2Credential.policy, targetOf(userId));
    const reach = await this.reaches.of(caller);
    reach.requireNew({ type: ACCESS_KEY_TYPE, projectId, userId });
    await this.requireUser(userId);
    if (!await this.principals.hasProject(this.db, projectId)) throw new Missing('project', projectId);
    const access = randomBytes(ACCESS_BYTES).toString('hex');
    const blob = JSON.stringify({ access, secret: randomBytes(SECRET_BYTES).toString('hex'), trust_id: null });
    const credential: Credential = { id: accessKeyId(access), userId, projectId, type: ACCESS_KEY_TYPE, blob: boundBlob(ACCESS_KEY_TYPE, blob, reach.delegation), extra: {} };
    await this.db.transaction((tx) => this.credentials.insert(tx, credential));
    return credential;
  }

  async list(caller: Caller, userId: string, query: Query): Promise<SeenPage> {
    this.policy.require(caller, listEc2Credentials.policy, { user_id: userId });
    await this.requireUser(userId);
    const reach = await this.reaches.of(caller);
    const conditions = [fragment`c.user_id = ${userId}`, fragment`c.type = ${ACCESS_KEY_TYPE}`, fragment`c.project_id IS NOT NULL`, ...reach.filter()];
    const page = await this.credentials.page(this.db, conditions, pageOf(query));
    return { page, seen: page.entries.filter((credential) => reach.includes(credential)) };
  }

  get(caller: Caller, userId: string, access: string): Promise<Credential> {
    return this.require(caller, showEc2Credential.policy, userId, access);
  }

  async delete(caller: Caller, userId: string, access: string): Promise<void> {
    const { id } = await this.require(caller, deleteEc2Credential.policy, userId, access);
    if (!await this.db.transaction((tx) => this.credentials.delete(tx, id))) throw new Missing('credential', access);
  }

  /** The user's key; to a caller who may not see this user's keys the answer is the same whether there is one or not. */
  private async require(caller: Caller, rule: PolicyRule, userId: string, access: string): Promise<Credential> {
    this.policy.require(caller, rule, targetOf(userId));
    const credential = await this.credentials.find(this.db, accessKeyId(access));
    if (credential === undefined || credential.type !== ACCESS_KEY_TYPE || credential.projectId === null || credential.userId !== userId) throw new Missing('credential', access);
    (await this.reaches.of(caller)).require(credential);
    return credential;
  }

  private async requireUser(id: string): Promise<void> {
    if (!await this.principals.hasUser(this.db, id)) throw new Missing('user', id);
  }
}
