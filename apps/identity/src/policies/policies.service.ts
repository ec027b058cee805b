import { Injectable } from '@nestjs/common';
import { createPolicy, deletePolicy, listPolicies, showPolicy, updatePolicy } from '@virga/contracts-identity';
import { newHexId, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { extraOf, Missing, pageOf, textFilters, type Attributes, type Listed, type Query } from '../listing/index.js';
import { PoliciesRepository } from './policies.repository.js';
import type { PolicyDocument } from './policy-document.js';

@Injectable()
export class PoliciesService {
  constructor(private readonly db: Database, private readonly policies: PoliciesRepository, private readonly policy: Policy) {}

  async create(caller: Caller, body: Attributes): Promise<PolicyDocument> {
    this.policy.require(caller, createPolicy.policy);
    const document = { id: newHexId(), type: String(body['type']), blob: body['blob'], extra: extraOf(body, ['type', 'blob']) };
    await this.db.transaction((tx) => this.policies.insert(tx, document));
    return document;
  }

  async list(caller: Caller, query: Query): Promise<Listed<PolicyDocument>> {
    this.policy.require(caller, listPolicies.policy);
    return this.policies.page(this.db, textFilters(query, { type: 'p.type', id: 'p.id' }), pageOf(query));
  }

  async get(caller: Caller, id: string): Promise<PolicyDocument> {
    this.policy.require(caller, showPolicy.policy);
    return await this.policies.find(this.db, id) ?? missing(id);
  }

  async update(caller: Caller, id: string, body: Attributes): Promise<PolicyDocument> {
    this.policy.require(caller, updatePolicy.policy);
    return this.db.transaction(async (tx) => {
      const seen = await this.policies.lock(tx, id) ?? missing(id);
      const extra = { ...seen.extra, ...extraOf(body, ['type', 'blob']) };
      const next = { ...seen, type: (body['type'] as string | undefined) ?? seen.type, blob: body['blob'] ?? seen.blob, extra };
      await this.policies.update(tx, next);
      return next;
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    this.policy.require(caller, deletePolicy.policy);
    if (!await this.db.transaction((tx) => this.policies.delete(tx, id))) missing(id);
  }
}

function missing(id: string): never {
  throw new Missing('policy', id);
}
