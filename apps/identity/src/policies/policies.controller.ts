import { Controller } from '@nestjs/common';
import type { InputOf, RequestFacts } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';
import { linkTo, listFrame } from '../listing/index.js';
import { PoliciesService } from './policies.service.js';
import type { PolicyDocument } from './policy-document.js';

@Controller()
export class PoliciesController {
  constructor(private readonly policies: PoliciesService) {}

  @Endpoint(api.createPolicy)
  async create({ caller, body, request }: InputOf<typeof api.createPolicy>) {
    return { policy: policyView(await this.policies.create(caller, body.policy), request) };
  }

  @Endpoint(api.listPolicies)
  async list({ caller, query, request }: InputOf<typeof api.listPolicies>) {
    const policies = await this.policies.list(caller, query);
    return { policies: policies.entries.map((policy) => policyView(policy, request)), ...listFrame(request, policies) };
  }

  @Endpoint(api.showPolicy)
  async show({ caller, params, request }: InputOf<typeof api.showPolicy>) {
    return { policy: policyView(await this.policies.get(caller, params['policy_id'] as string), request) };
  }

  @Endpoint(api.updatePolicy)
  async update({ caller, params, body, request }: InputOf<typeof api.updatePolicy>) {
    return { policy: policyView(await this.policies.update(caller, params['policy_id'] as string, body.policy), request) };
  }

  @Endpoint(api.deletePolicy)
  async delete({ caller, params }: InputOf<typeof api.deletePolicy>) {
    await this.policies.delete(caller, params['policy_id'] as string);
  }
}

function policyView(policy: PolicyDocument, request: RequestFacts) {
  return { ...policy.extra, id: policy.id, type: policy.type, blob: policy.blob, links: { self: linkTo(request, `policies/${policy.id}`) } };
}
