import { Controller } from '@nestjs/common';
import type { InputOf, RequestFacts } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint, selfUrl } from '@virga/http';
import { linkTo, listFrame } from '../listing/index.js';
import { roleView, type Role } from '../roles/index.js';
import type { Trust } from './trust.js';
import { TrustsService } from './trusts.service.js';

@Controller()
export class TrustsController {
  constructor(private readonly trusts: TrustsService) {}

  @Endpoint(api.createTrust)
  async create({ caller, body, request }: InputOf<typeof api.createTrust>) {
    return { trust: await this.fullView(await this.trusts.create(caller, body.trust), request) };
  }

  @Endpoint(api.listTrusts)
  async list({ caller, query, request }: InputOf<typeof api.listTrusts>) {
    const trusts = await this.trusts.list(caller, query);
    return { trusts: trusts.entries.map((trust) => trustView(trust, request)), ...listFrame(request, trusts) };
  }

  @Endpoint(api.showTrust)
  async show({ caller, params, request }: InputOf<typeof api.showTrust>) {
    return { trust: await this.fullView(await this.trusts.get(caller, params['trust_id'] as string), request) };
  }

  @Endpoint(api.deleteTrust)
  async delete({ caller, params }: InputOf<typeof api.deleteTrust>) {
    await this.trusts.delete(caller, params['trust_id'] as string);
  }

  @Endpoint(api.listTrustRoles)
  async listRoles({ caller, params, request }: InputOf<typeof api.listTrustRoles>) {
    const roles = await this.trusts.rolesOf(caller, params['trust_id'] as string);
    return { roles: roles.map((role) => roleView(role, request)), links: { self: selfUrl(request), previous: null, next: null } };
  }

  @Endpoint(api.showTrustRole)
  async showRole({ caller, params, request }: InputOf<typeof api.showTrustRole>) {
    return { role: roleView(await this.trusts.role(caller, params['trust_id'] as string, params['role_id'] as string), request) };
  }

  private async fullView(trust: Trust, request: RequestFacts) {
    const roles: Role[] = await this.trusts.rolesByIds(trust.roleIds);
    return {
      ...trustView(trust, request), roles: roles.map((role) => roleView(role, request)),
      roles_links: { self: linkTo(request, `OS-TRUST/trusts/${trust.id}/roles`), previous: null, next: null },
    };
  }
}

function trustView(trust: Trust, request: RequestFacts) {
  return {
    ...trust.extra,
    id: trust.id, trustor_user_id: trust.trustorUserId, trustee_user_id: trust.trusteeUserId, project_id: trust.projectId, impersonation: trust.isImpersonated,
    expires_at: trust.expiresAt, deleted_at: null, remaining_uses: trust.remainingUses, redelegation_count: trust.redelegationCount,
    redelegated_trust_id: trust.redelegatedTrustId, links: { self: linkTo(request, `OS-TRUST/trusts/${trust.id}`) },
  };
}
