import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';
import { RolesService } from './roles.service.js';
import { implicationView, impliedView, inferencesView, roleList, roleView } from './roles.views.js';

@Controller()
export class RolesController {
  constructor(private readonly roles: RolesService) {}

  @Endpoint(api.createRole)
  async create({ caller, body, request }: InputOf<typeof api.createRole>) {
    return { role: roleView(await this.roles.create(caller, body.role), request) };
  }

  @Endpoint(api.listRoles)
  async list({ caller, query, request }: InputOf<typeof api.listRoles>) {
    return roleList(await this.roles.list(caller, query), request);
  }

  @Endpoint(api.showRole)
  async show({ caller, params, request }: InputOf<typeof api.showRole>) {
    return { role: roleView(await this.roles.get(caller, params['role_id'] as string), request) };
  }

  @Endpoint(api.updateRole)
  async update({ caller, params, body, request }: InputOf<typeof api.updateRole>) {
    return { role: roleView(await this.roles.update(caller, params['role_id'] as string, body.role), request) };
  }

  @Endpoint(api.deleteRole)
  async delete({ caller, params }: InputOf<typeof api.deleteRole>) {
    await this.roles.delete(caller, params['role_id'] as string);
  }

  @Endpoint(api.listImpliedRoles)
  async listImplied({ caller, params, request }: InputOf<typeof api.listImpliedRoles>) {
    const { prior, implications } = await this.roles.implied(caller, params['prior_role_id'] as string);
    return impliedView(prior, implications, request);
  }

  @Endpoint(api.showImpliedRole)
  async showImplied({ caller, params, request }: InputOf<typeof api.showImpliedRole>) {
    return implicationView(await this.roles.implication(caller, params['prior_role_id'] as string, params['implied_role_id'] as string, 'show'), request);
  }

  @Endpoint(api.checkImpliedRole)
  async checkImplied({ caller, params }: InputOf<typeof api.checkImpliedRole>) {
    await this.roles.implication(caller, params['prior_role_id'] as string, params['implied_role_id'] as string, 'check');
  }

  @Endpoint(api.createImpliedRole)
  async imply({ caller, params, request }: InputOf<typeof api.createImpliedRole>) {
    return implicationView(await this.roles.imply(caller, params['prior_role_id'] as string, params['implied_role_id'] as string), request);
  }

  @Endpoint(api.deleteImpliedRole)
  async unimply({ caller, params }: InputOf<typeof api.deleteImpliedRole>) {
    await this.roles.unimply(caller, params['prior_role_id'] as string, params['implied_role_id'] as string);
  }

  @Endpoint(api.listRoleInferences)
  async inferences({ caller, request }: InputOf<typeof api.listRoleInferences>) {
    return inferencesView(await this.roles.inferences(caller), request);
  }
}
